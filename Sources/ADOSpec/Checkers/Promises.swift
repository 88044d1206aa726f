/// Whether the promise of each acceptor of a group only rises.
///
/// A trace tells of a promise when it is made, which is before it is durable. So a node that
/// starts anew may have forgotten its last one: that nothing was sent for it is for whoever sees
/// messages and writes to check.
public struct Promises: Sendable {
    private var promised: [UInt64: Ballot] = [:]

    /// Makes a checker that has seen nothing.
    public init() {}

    /// Adds a record of the group; returns what it breaks.
    public mutating func add(_ record: TraceRecord) -> Violation? {
        switch record.kind {
        case .promised:
            let last = promised.updateValue(record.ballot, forKey: record.node)
            guard let last, record.ballot <= last else { return nil }
            return broken("node \(record.node) promises \(record.ballot) after \(last)")
        case .accepted:
            let last = promised.updateValue(record.ballot, forKey: record.node)
            guard let last, record.ballot < last else { return nil }
            return broken("node \(record.node) accepts of \(record.ballot), but promised \(last)")
        case .refused:
            guard let last = promised[record.node], record.by < last else { return nil }
            return broken("node \(record.node) refuses for \(record.by), but promised \(last)")
        case .started, .diskLost:
            promised[record.node] = nil
            return nil
        default: return nil
        }
    }

    private func broken(_ explanation: String) -> Violation {
        Violation(rule: "promises rise", explanation: explanation)
    }
}
