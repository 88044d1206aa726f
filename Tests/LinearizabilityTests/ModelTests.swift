import Linearizability
import Testing

/// What the search takes for granted of a model, in every state that is few steps away.
@Suite struct `A stock model` {
    @Test func `is honest about a dictionary`() {
        check(
            KeyValueModel<String, Int>(), [.set("x", 1), .set("x", 2), .get("x"), .remove("x")],
            [nil, 1, 2])
    }

    @Test func `is honest about a store`() {
        check(
            StoreModel(), [.set("x", "1"), .set("x", "2"), .get("x"), .remove("x")],
            [
                .done, .value(nil), .value("1"), .value("2"), .existed(true), .existed(false),
            ])
        #expect(StoreModel().step("1", .get("x"), .value("2")) == nil)
        #expect(StoreModel().step("1", .set("x", "2"), .value(nil)) == nil)
        #expect(StoreModel().step(nil, .remove("x"), .existed(true)) == nil)
        #expect(StoreModel().step("1", .set("x", "2"), .done) == .some("2"))
    }

    @Test func `is honest about a register`() {
        check(
            RegisterModel(initial: 0), [.write(1), .read, .compareAndSet(0, 1)],
            [.written, .value(0), .value(1), .compared(true), .compared(false)])
    }

    @Test func `is honest about a counter`() {
        check(CounterModel(), [.add(1), .add(0), .value], [0, 1, 2, 3, 4])
    }

    @Test func `is honest about a queue`() {
        check(
            QueueModel<Int>(), [.enqueue(1), .enqueue(2), .dequeue],
            [.enqueued, .empty, .dequeued(1), .dequeued(2)])
    }

    @Test func `is honest about a lock`() {
        check(
            LockModel(),
            [.acquire(owner: 1), .acquire(owner: 2), .release(owner: 1), .release(owner: 2)],
            [.held, .released, .notOwner] + (1...6).map { .granted(token: $0) })
    }

    @Test func `refuses a sum that does not fit`() {
        #expect(CounterModel().step(.max, .add(1), nil) == nil)
        #expect(CounterModel().step(.max, .add(1), .min) == nil)
        #expect(CounterModel().step(.max, .add(-1), .max - 1) == .max - 1)
    }

    @Test func `tells an unknown output from none`() {
        let model = KeyValueModel<String, Int>()
        #expect(model.step(1, .get("x"), nil) == .some(1))
        #expect(model.step(1, .get("x"), .some(nil)) == nil)
        #expect(model.describe(.get("x"), nil) == "get x")
        #expect(model.describe(.get("x"), .some(nil)) == "get x -> nothing")
    }

    /// What is said to be read-only changes nothing; and what can answer something can do so if
    /// nobody knows the answer.
    private func check<M: Model>(_ model: M, _ inputs: [M.Input], _ outputs: [M.Output]) {
        var states: Set<M.State> = [model.initial]
        for _ in 0..<4 {
            for (state, input) in states.flatMap({ state in inputs.map { (state, $0) } }) {
                let steps = outputs.compactMap { output in
                    model.step(state, input, output).map { (output, $0) }
                }
                for (output, next) in steps where model.isReadOnly(input, output) {
                    #expect(next == state, "\(model.describe(input, output))")
                }
                let blind = model.step(state, input, nil)
                #expect(blind != nil || steps.isEmpty, "\(input) in \(state)")
                if let blind, model.isReadOnly(input, nil) { #expect(blind == state) }
                states.formUnion(steps.map(\.1))
            }
        }
        #expect(states.count > 1)
    }
}
