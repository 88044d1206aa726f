/// What the clients ask for.
package enum Workload: String, Sendable, Codable, CaseIterable {
    /// Every operation writes a value that was never written before.
    case set
    /// Every operation is a linearizable read of a key written before the run.
    case get
    /// Half `set`, half `get`.
    case mixed
    /// Every operation adds one to a counter.
    case counter

    /// How many of each hundred operations are writes.
    var writesPercent: Int {
        switch self {
        case .set, .counter: 100
        case .get: 0
        case .mixed: 50
        }
    }

    /// Whether every key must have a value before the run.
    var needsPreload: Bool { self == .get || self == .mixed }
}
