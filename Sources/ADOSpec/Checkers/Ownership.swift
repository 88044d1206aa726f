internal import ADO

/// Whether each ballot of a group has one proposer, and is used once.
public struct Ownership: Sendable {
    private var owners: [Ballot: UInt64] = [:]
    /// The highest ballot of each proposer that another node has promised.
    private var promised: [UInt64: Ballot] = [:]

    /// Makes a checker that has seen nothing.
    public init() {}

    /// Adds a record of the group; returns what it breaks.
    public mutating func add(_ record: TraceRecord) -> Violation? {
        switch record.kind {
        case .preparing: return proposes(record) ?? prepares(record)
        case .pulled: return proposes(record) ?? owns(record)
        case .invoked, .pushed, .preempted, .pullFailed: return proposes(record)
        case .promised:
            let proposer = record.ballot.node
            if proposer != record.node, promised[proposer, default: .none] < record.ballot {
                promised[proposer] = record.ballot
            }
            return nil
        case .diskLost:
            // What it had prepared and never owned, it may prepare again.
            promised[record.node] = nil
            return nil
        default: return nil
        }
    }

    private func proposes(_ record: TraceRecord) -> Violation? {
        if record.ballot.node == record.node { return nil }
        return broken("node \(record.node) uses the ballot \(record.ballot) of another: \(record)")
    }

    /// Until another node has promised a ballot, a proposer that crashed may have forgotten it.
    private func prepares(_ record: TraceRecord) -> Violation? {
        guard let last = promised[record.node], record.ballot <= last else { return nil }
        return broken("node \(record.node) prepares \(record.ballot), but \(last) is promised")
    }

    private mutating func owns(_ record: TraceRecord) -> Violation? {
        guard owners.updateValue(record.node, forKey: record.ballot) != nil else { return nil }
        return broken("\(record.ballot) is pulled twice: \(record)")
    }

    private func broken(_ explanation: String) -> Violation {
        Violation(rule: "one proposer per ballot", explanation: explanation)
    }
}
