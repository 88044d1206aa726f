internal import ADOApps
internal import ADOObjects
internal import ADOSpec

/// Whether resource managers agree on transactions, and on what their manager was told.
///
/// Transactions need not have all of them take part. Each brings one of a resource that is its own,
/// its tag, wherever it takes part: so the tags that are there say what was committed where.
enum AtomicityCheck {
    /// One resource manager: what it decided, in its order, and what it holds prepared.
    struct Manager {
        let name: String
        var decided: [Decided] = []
        var prepared: [TransactionID] = []
        /// How much of a resource it has.
        var quantity: @Sendable (String) -> Int = { _ in 0 }

        var committed: [TransactionID] { decided.filter { $0.decision == .commit }.map(\.id) }
        var aborted: [TransactionID] { decided.filter { $0.decision == .abort }.map(\.id) }
    }

    /// What holds at any time: nothing is committed here and aborted there; each commit once, in
    /// the order of one log.
    static func judge(_ managers: [Manager]) -> Violation? {
        for manager in managers {
            for (earlier, later) in zip(manager.committed, manager.committed.dropFirst())
            where earlier >= later {
                return broken("\(manager.name) commits \(later) after \(earlier)")
            }
            for other in managers {
                let aborted = Set(other.aborted)
                if let split = manager.committed.first(where: { aborted.contains($0) }) {
                    return broken("\(split) is committed at \(manager.name), not at \(other.name)")
                }
            }
        }
        return nil
    }

    /// What holds in the end, after a recovery: nothing is left undecided, every transaction has
    /// committed once wherever it takes part or nowhere, and who was told an outcome was told the
    /// truth.
    static func judgeEnd(_ managers: [Manager], _ transactions: [Transaction]) -> Violation? {
        if let violation = judge(managers) { return violation }
        for manager in managers where !manager.prepared.isEmpty {
            return broken("\(manager.name) has \(manager.prepared[0]) undecided after recovery")
        }
        for transaction in transactions {
            if let violation = judge(transaction, managers) { return violation }
        }
        return managers.lazy.compactMap { judgeQuantity(of: $0, transactions) }.first
    }

    /// Each change that was committed was made once, and nobody gives more than it has.
    private static func judgeQuantity(
        of manager: Manager, _ transactions: [Transaction]
    ) -> Violation? {
        let committed = transactions.filter { manager.quantity($0.tag) == 1 }
        let expected = committed.map(\.amount).reduce(0, +)
        let found = manager.quantity(Transaction.resource)
        if found == expected && found >= 0 { return nil }
        let name = manager.name
        return broken("\(name) has \(found), where what is committed there comes to \(expected)")
    }

    private static func judge(_ transaction: Transaction, _ managers: [Manager]) -> Violation? {
        let tag = transaction.tag
        let counts = managers.map { ($0.name, $0.quantity(tag)) }
        if let (name, count) = counts.first(where: { $0.1 > 1 || $0.1 < 0 }) {
            return broken("\(tag) is committed \(count) times at \(name)")
        }
        let places = Set(counts.filter { $0.1 == 1 }.map(\.0))
        let participants = transaction.participants
        guard places.isEmpty || places == participants else {
            return broken(
                "\(tag) is committed at \(places.sorted()), of \(participants.sorted())")
        }
        switch transaction.told {
        case .committed where places.isEmpty:
            return broken("\(tag) was said to be committed, and is not")
        case .aborted where !places.isEmpty:
            return broken("\(tag) was said to be aborted, and is committed")
        default: return nil
        }
    }

    /// A transaction, and what its caller was told of it; nil if nothing.
    struct Transaction: Sendable {
        let tag: String
        let participants: Set<String>
        /// What it brings to each that takes part, or takes.
        let amount: Int
        var told: TwoPhaseCommit.Outcome?

        /// What all transactions change.
        static let resource = "x"

        /// What it changes: its tag, and the resource of all.
        var changes: [String: [ResourceChange]] {
            let all = [ResourceChange(Self.resource, by: amount), ResourceChange(tag, by: 1)]
            return Dictionary(uniqueKeysWithValues: participants.map { ($0, all) })
        }
    }

    private static func broken(_ explanation: String) -> Violation {
        Violation(rule: "atomicity", explanation: explanation)
    }
}
