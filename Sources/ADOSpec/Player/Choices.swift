/// The choices of an adversary: given, drawn from a seed, or kind.
///
/// Each choice is among outcomes of which the first is the kindest: the operation succeeds, and
/// nobody interferes. A plan says what to choose at first; then the source decides.
public struct Choices: Sendable {
    /// One choice: what was taken, of how many.
    public struct Choice: Hashable, Sendable {
        /// What was taken.
        public let taken: Int
        /// Among how many.
        public let count: Int
    }

    /// Where a choice comes from that no plan has.
    private enum Source: Sendable {
        case kind
        case random(state: UInt64, unkindIn: UInt64)
    }

    private let plan: [Int]
    private let lengthMax: Int
    private let unkindMax: Int
    private var source: Source
    private var unkind = 0

    /// The choices made so far.
    public private(set) var made: [Choice] = []

    /// Follows `plan`, and is kind afterwards.
    ///
    /// Nothing but kindness is offered after `lengthMax` choices, or `unkindMax` unkind ones.
    public init(plan: [Int] = [], lengthMax: Int = .max, unkindMax: Int = .max) {
        self.plan = plan
        self.lengthMax = lengthMax
        self.unkindMax = unkindMax
        source = .kind
    }

    /// Draws from `seed`, being unkind about one time in `unkindIn`, and kind after `lengthMax`.
    public init(seed: UInt64, lengthMax: Int, unkindIn: UInt64 = 3) {
        precondition(unkindIn > 0, "one in nothing is no probability")
        plan = []
        self.lengthMax = lengthMax
        unkindMax = .max
        source = .random(state: seed, unkindIn: unkindIn)
    }

    /// Chooses among `count` outcomes, of which the first is the kindest.
    public mutating func choose(_ count: Int) -> Int {
        precondition(count > 0, "there must be an outcome to choose")
        guard made.count < lengthMax, unkind < unkindMax else { return 0 }
        let taken = made.count < plan.count ? min(plan[made.count], count - 1) : draw(count)
        made.append(Choice(taken: taken, count: count))
        if taken > 0 { unkind += 1 }
        return taken
    }

    private mutating func draw(_ count: Int) -> Int {
        guard case .random(var state, let unkindIn) = source else { return 0 }
        defer { source = .random(state: state, unkindIn: unkindIn) }
        guard Self.next(&state) % unkindIn == 0 else { return 0 }
        return Int(Self.next(&state) % UInt64(count))
    }

    /// SplitMix64: the same everywhere, so that a seed repeats.
    static func next(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// The plan that comes after these choices when all are tried in order; nil after the last.
    var nextPlan: [Int]? {
        guard let last = made.lastIndex(where: { $0.taken + 1 < $0.count }) else { return nil }
        return made[..<last].map(\.taken) + [made[last].taken + 1]
    }
}
