/// What happened to one machine: the state it began in, the calls in order, and the call whose
/// reply is asked about.
///
/// Calls are named by position, from 1, as logs name entries. The call asked about comes after all
/// of them and has no position.
public struct Trace<M: Machine>: Sendable {
    /// The state before the first call; of a trimmed log, that of its snapshot.
    public let start: M

    /// The calls before the one asked about.
    public let inputs: [M.Input]

    /// The call asked about.
    public let question: M.Input

    /// Makes a trace.
    public init(start: M, inputs: [M.Input], question: M.Input) {
        self.start = start
        self.inputs = inputs
        self.question = question
    }

    /// The reply to the question after the calls at `positions`, which rise, and no others.
    ///
    /// Costs a step for each of them.
    public func reply(after positions: some Sequence<Int>) -> M.Output {
        var machine = start
        for position in positions { _ = machine.step(inputs[position - 1]) }
        return machine.step(question)
    }

    /// The reply that was really given.
    public var reply: M.Output { reply(after: 1..<inputs.count + 1) }

    /// The replies of all calls in order, then that of the question.
    func replies(without removed: Set<Int> = []) -> [M.Output?] {
        var machine = start
        var replies = inputs.indices.map { index -> M.Output? in
            removed.contains(index + 1) ? nil : machine.step(inputs[index])
        }
        replies.append(machine.step(question))
        return replies
    }
}
