import Linearizability
import TestSupport

/// Histories that a seed repeats.
struct RandomHistories<M: Model> {
    typealias Operation = History<M.Input, M.Output>.Operation

    let model: M
    var generator: SeededGenerator

    init(_ model: M, seed: UInt64) {
        self.model = model
        generator = SeededGenerator(seed: seed)
    }

    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int.random(in: choices.indices, using: &generator)]
    }

    /// Anything at all that is well formed: few clients, few instants, any output.
    mutating func wild(_ count: Int, inputs: [M.Input], outputs: (M.Input) -> [M.Output]) throws
        -> History<M.Input, M.Output>
    {
        var clocks: [UInt64: UInt64] = [:]
        let clients = UInt64.random(in: 1...4, using: &generator)
        let operations = (0..<count).map { _ in
            let client = UInt64.random(in: 1...clients, using: &generator)
            let call = clocks[client, default: 0] + UInt64.random(in: 0...2, using: &generator)
            clocks[client] = call
            let input = pick(inputs)
            if generator.oneIn(4) { return Operation.lost(client, call, input) }
            let end = call + UInt64.random(in: 0...6, using: &generator)
            clocks[client] = end
            return Operation.op(client, call...end, input, pick(outputs(input)))
        }
        return try History(operations)
    }

    /// What clients see who call one after another without a pause, each operation taking effect at
    /// a random instant while it runs: linearizable by construction.
    mutating func honest(
        _ count: Int, clients: UInt64, inputs: [M.Input], lostOneIn: UInt64? = nil,
        answer: (inout [M.Key: M.State], M.Input) -> M.Output
    ) throws -> History<M.Input, M.Output> {
        var plans: [(instant: UInt64, end: UInt64, operation: Operation, isLost: Bool)] = []
        var clocks: [UInt64: UInt64] = [:]
        for number in 0..<count {
            let client = UInt64(number) % clients + 1
            let call = clocks[client, default: 0] + UInt64.random(in: 1...20, using: &generator)
            let end = call + UInt64.random(in: 0...100, using: &generator)
            clocks[client] = end
            let isLost = lostOneIn.map { generator.oneIn($0) } ?? false
            let latest = isLost ? end + 1000 : end
            let instant = UInt64.random(in: call...latest, using: &generator)
            let operation = Operation.lost(client, call, pick(inputs))
            plans.append((instant, end, operation, isLost))
        }
        var states: [M.Key: M.State] = [:]
        let operations = plans.sorted { $0.instant < $1.instant }.map { plan in
            let (client, input) = (plan.operation.client, plan.operation.input)
            let neverHappens = plan.isLost && generator.oneIn(2)
            if neverHappens { return plan.operation }
            let output = answer(&states, input)
            let times = plan.operation.call...plan.end
            return plan.isLost ? plan.operation : Operation.op(client, times, input, output)
        }
        return try History(operations.shuffled(using: &generator))
    }
}

extension History {
    /// The same history with another output of one operation.
    func changing(_ position: Int, to output: Output) throws -> History {
        var operations = operations
        let operation = operations[position]
        guard let end = operation.returned?.end else { return self }
        operations[position] = .op(
            operation.client, operation.call...end, operation.input, output)
        return try History(operations)
    }
}

/// What a dictionary answers.
func answer(
    _ states: inout [String: Int?], _ input: KeyValueModel<String, Int>.Input
) -> Int? {
    let model = KeyValueModel<String, Int>()
    let key = model.key(of: input)
    let before = states[key] ?? nil
    if let after = model.step(before, input, .some(before)) { states[key] = after }
    return before
}
