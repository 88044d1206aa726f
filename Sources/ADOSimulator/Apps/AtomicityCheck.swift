internal import ADOApps
internal import ADOObjects
internal import ADOSpec

/// Whether resource managers agree on transactions, and on what their manager was told.
enum AtomicityCheck {
    /// One resource manager: what it decided, in its order, and what it holds prepared.
    struct Manager {
        let name: String
        var decided: [Decided] = []
        var prepared: [TransactionID] = []
        /// How many decisions there were; `decided` are the last ones.
        var decisions: UInt64?

        /// The first commit since which none was forgotten; nil if none ever was.
        var floor: TransactionID? {
            guard let decisions, decisions > UInt64(decided.count) else { return nil }
            return committed.first ?? decided.map(\.id).max()
        }

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

    /// What holds in the end, after a recovery: all that take part have committed the same, nothing
    /// is left undecided, and who was told an outcome was told the truth.
    static func judgeEnd(_ managers: [Manager], _ told: [Told]) -> Violation? {
        if let violation = judge(managers) { return violation }
        for manager in managers where !manager.prepared.isEmpty {
            return broken("\(manager.name) has \(manager.prepared[0]) undecided after recovery")
        }
        // Of what one of them has forgotten nobody can say more than was said at the time.
        let floor = managers.compactMap(\.floor).max()
        let known = managers.map { manager in
            manager.committed.filter { id in floor.map { id >= $0 } ?? true }
        }
        for (place, (one, other)) in zip(known, known.dropFirst()).enumerated() where one != other {
            let names = "\(managers[place].name) and \(managers[place + 1].name)"
            return broken("\(names) have committed different things")
        }
        let committed = Set(known.first ?? [])
        for told in told {
            switch told {
            case .committed(let id) where floor.map { id < $0 } ?? false: continue
            case .committed(let id) where !committed.contains(id):
                return broken("\(id) was said to be committed, and is not")
            case .aborted(let id) where committed.contains(id):
                return broken("\(id) was said to be aborted, and is committed")
            default: continue
            }
        }
        return nil
    }

    /// What a caller was told of a transaction.
    enum Told: Sendable {
        case committed(TransactionID)
        case aborted(TransactionID)
    }

    private static func broken(_ explanation: String) -> Violation {
        Violation(rule: "atomicity", explanation: explanation)
    }
}
