import Linearizability
import Testing

@Suite struct `A search without end` {
    typealias Operation = History<CounterModel.Input, Int>.Operation

    /// Each subset of thirty numbers has another sum, and none is negative.
    private let hopeless =
        (0..<30).map { Operation.lost(UInt64($0), 0, .add(1 << $0)) }
        + [.op(99, 1...2, .value, -1)]

    @Test func `is given up, and says so`() throws {
        let verdict = CounterModel().check(try History(hopeless), stepsPerKey: 50_000)
        #expect(verdict.isUndecided && !verdict.isLinearizable)
        #expect(
            verdict.description == "undecided: the 31 operations need more than 50000 steps: "
                + "allow more, or have fewer clients on each key")
    }

    @Test func `does not hide the violation of another key`() throws {
        let model = Counters()
        typealias Operation = History<Counters.Input, Int>.Operation
        let first = hopeless.map { operation in
            Operation(
                client: operation.client, input: .init(name: "a", input: operation.input),
                call: operation.call,
                outcome: operation.returned.map { .returned($0.output, at: $0.end) } ?? .unknown)
        }
        let wrong = Operation.op(50, 0...1, .init(name: "b", input: .value), 1)
        let right = Operation.op(50, 0...1, .init(name: "b", input: .value), 0)
        let bad = model.check(try History(first + [wrong]), stepsPerKey: 5000)
        #expect(bad.explanation?.key == "b")
        let good = model.check(try History(first + [right]), stepsPerKey: 5000)
        #expect(good.isUndecided)
        #expect(good.description.contains("of key a"))
    }

    @Test func `of no steps at all decides nothing`() throws {
        let right = Operation.op(1, 0...1, .value, 0)
        let verdict = CounterModel().check(try History([right]), stepsPerKey: 0)
        #expect(verdict.isUndecided)
    }
}

/// Counters by name.
private struct Counters: Model {
    struct Input: Hashable, Sendable {
        let name: String
        let input: CounterModel.Input
    }

    var initial: Int { 0 }

    func step(_ state: Int, _ input: Input, _ output: Int?) -> Int? {
        CounterModel().step(state, input.input, output)
    }

    func key(of input: Input) -> String { input.name }
}
