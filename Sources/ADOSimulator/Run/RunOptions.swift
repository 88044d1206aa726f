/// What a run needs to know; the rest follows from the seed.
public struct RunOptions: Sendable {
    /// Everything that happens is drawn from it.
    public var seed: UInt64

    /// The kinds of faults to draw from; all if nil.
    public var faults: Set<FaultClass>?

    /// The numbers of the only faults to keep; all if nil.
    public var keep: Set<Int>?

    /// A deliberate mistake of the simulated driver, to see that runs find it.
    public var plant: Plant?

    /// The application that runs on the cluster, instead of single calls; none if nil.
    public var app: AppKind?

    /// The scenario that is played, instead of faults that are drawn; none if nil.
    public internal(set) var scenario: String?

    /// Whether every trace record is kept, not only the last.
    public var keepsTrace = false

    /// Makes the options of one run.
    public init(seed: UInt64) {
        self.seed = seed
    }
}
