import Linearizability

/// The definition of linearizability, tried on every order: no memory, no rules, no list.
struct BruteForce<M: Model> {
    let model: M
    let operations: [History<M.Input, M.Output>.Operation]
    /// For each operation the set of those that must precede it, one bit for each.
    private let before: [Int]

    init(_ model: M, _ history: History<M.Input, M.Output>) {
        self.model = model
        let operations = history.operations
        self.operations = operations
        before = operations.indices.map { second in
            operations.indices.reduce(0) { set, first in
                Self.mustPrecede(first, second, in: operations, model) ? set | 1 << first : set
            }
        }
    }

    var isLinearizable: Bool {
        continues(from: [:], done: 0)
    }

    /// Whether the operations that are not `done` can follow in some order.
    private func continues(from states: [M.Key: M.State], done: Int) -> Bool {
        let left = operations.indices.filter { done & 1 << $0 == 0 }
        if left.allSatisfy({ operations[$0].returned == nil }) { return true }
        return left.contains { next in
            guard before[next] & ~done == 0, let after = step(next, states) else { return false }
            return continues(from: after, done: done | 1 << next)
        }
    }

    /// Whether an order, of some operations, respects time and the model.
    func allows(_ order: [Int]) -> Bool {
        var (states, done): ([M.Key: M.State], Int) = ([:], 0)
        for next in order {
            // Before it must be all that precedes it, as far as it is about the same key.
            let missing = operations.indices.filter {
                before[next] & ~done & 1 << $0 != 0 && key($0) == key(next)
            }
            guard missing.isEmpty, let after = step(next, states) else { return false }
            (states, done) = (after, done | 1 << next)
        }
        return true
    }

    private func key(_ index: Int) -> M.Key { model.key(of: operations[index].input) }

    private func step(_ next: Int, _ states: [M.Key: M.State]) -> [M.Key: M.State]? {
        let (key, operation) = (key(next), operations[next])
        let state = states[key] ?? model.initial
        guard let after = model.step(state, operation.input, operation.returned?.output) else {
            return nil
        }
        return states.merging([key: after]) { $1 }
    }

    private static func mustPrecede(
        _ first: Int, _ second: Int, in operations: [History<M.Input, M.Output>.Operation],
        _ model: M
    ) -> Bool {
        guard let end = operations[first].returned?.end, first != second else { return false }
        let (one, other) = (operations[first], operations[second])
        if end < other.call { return true }
        guard end == other.call, one.client == other.client,
            model.key(of: one.input) == model.key(of: other.input)
        else { return false }
        // Two that took no time come in the order in which they were given.
        let isInstant = one.call == (other.returned?.end ?? other.call)
        return !isInstant || first < second
    }
}

extension History.Operation {
    var returned: (output: Output, end: UInt64)? {
        guard case .returned(let output, let end) = outcome else { return nil }
        return (output, end)
    }
}
