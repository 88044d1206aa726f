import Linearizability
import TestSupport
import Testing

/// The search against the definition, on small histories of every kind.
@Suite struct `The search agrees with every order tried` {
    @Test func `on a dictionary`() throws {
        try compare(
            KeyValueModel<String, Int>(), seed: 1,
            inputs: [.set("x", 1), .set("x", 2), .get("x"), .remove("x"), .set("y", 1), .get("y")],
            outputs: { _ in [nil, 1, 2] })
    }

    @Test func `on one key of a dictionary`() throws {
        try compare(
            KeyValueModel<String, Int>(), seed: 2,
            inputs: [.set("x", 1), .set("x", 2), .get("x"), .remove("x")],
            outputs: { _ in [nil, 1, 2] })
    }

    @Test func `on a register`() throws {
        try compare(
            RegisterModel(initial: 0), seed: 3,
            inputs: [.write(1), .write(2), .read, .compareAndSet(0, 1), .compareAndSet(1, 2)],
            outputs: { input in
                switch input {
                case .write: [.written]
                case .read: [.value(0), .value(1), .value(2)]
                case .compareAndSet: [.compared(true), .compared(false)]
                }
            })
    }

    @Test func `on a counter`() throws {
        try compare(
            CounterModel(), seed: 4, inputs: [.add(1), .add(2), .value],
            outputs: { $0 == .value ? [0, 1, 3] : [1, 2] })
    }

    @Test func `on a queue`() throws {
        try compare(
            QueueModel<Int>(), seed: 5, inputs: [.enqueue(1), .enqueue(2), .dequeue, .dequeue],
            outputs: { input in
                input == .dequeue ? [.empty, .dequeued(1), .dequeued(2)] : [.enqueued]
            })
    }

    @Test func `on a lock`() throws {
        try compare(
            LockModel(), seed: 6,
            inputs: [
                .acquire(owner: 1), .release(owner: 1), .acquire(owner: 2), .release(owner: 2),
            ],
            outputs: { input in
                switch input {
                case .acquire: [.granted(token: 1), .granted(token: 3), .held]
                case .release: [.released, .notOwner]
                }
            })
    }

    /// Thousands of histories of at most seven operations; both verdicts must be common, lest the
    /// comparison prove nothing.
    private func compare<M: Model>(
        _ model: M, seed: UInt64, inputs: [M.Input], outputs: (M.Input) -> [M.Output]
    ) throws {
        var histories = RandomHistories(model, seed: seed)
        var counts: [Bool: Int] = [:]
        for round in 0..<2000 {
            let history = try histories.wild(
                2 + round % 6, inputs: inputs, outputs: outputs)
            let brute = BruteForce(model, history)
            let verdict = model.check(history)
            counts[brute.isLinearizable, default: 0] += 1
            #expect(verdict.isLinearizable == brute.isLinearizable, "\(history)")
            #expect(!verdict.isUndecided)
            if let explanation = verdict.explanation { check(explanation, brute) }
        }
        #expect(counts[true, default: 0] > 200 && counts[false, default: 0] > 200, "\(counts)")
    }

    /// An explanation must hold what it says.
    private func check<M: Model>(_ explanation: Explanation, _ brute: BruteForce<M>) {
        #expect(brute.allows(explanation.prefix))
        #expect(Set(explanation.prefix).isDisjoint(with: explanation.unplaceable.prefix(1)))
        #expect(Set(explanation.window).isSuperset(of: explanation.unplaceable.prefix(1)))
    }
}
