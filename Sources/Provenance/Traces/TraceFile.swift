/// A recorded trace, as a file of JSON holds it:
/// `{"object": "kv", "trace": [{"method": "set", "args": ["x", 1]}], "input": {"method": …}}`.
public struct TraceFile: Hashable, Sendable, Codable {
    /// Which machine it was.
    public let object: String

    /// The calls in order.
    public let trace: [TraceCall]

    /// The call whose reply is asked about, after all of them.
    public let input: TraceCall

    /// Makes a trace.
    public init(object: String, trace: [TraceCall], input: TraceCall) {
        self.object = object
        self.trace = trace
        self.input = input
    }

    /// Every machine that a file can name.
    public static let machines: [any TraceMachine.Type] = [
        KVMachine.self, RegisterMachine.self, BooleanMachine.self, RelationsMachine.self,
        LockMachine.self, QueueMachine.self, VectorMachine.self, BankMachine.self,
        VotesMachine.self, ObjectStoreMachine.self, FileSystemMachine.self,
        CoordinationMachine.self, LoadBalancerMachine.self, FollowsMachine.self,
        StatelessMachine.self,
    ]

    /// Explains the reply to `input`.
    ///
    /// Fails, before anything is replayed, if the machine or a method is unknown, or an argument
    /// is not what the method takes.
    public func explain(_ mode: ExplanationMode) throws(TraceFailure) -> ExplanationReport {
        guard let machine = Self.machines.first(where: { $0.object == object }) else {
            throw TraceFailure(
                "there is no object \(object); there are "
                    + Self.machines.map { $0.object }.joined(separator: ", "))
        }
        return try explain(mode, on: machine)
    }

    private func explain<M: TraceMachine>(
        _ mode: ExplanationMode, on machine: M.Type
    ) throws(TraceFailure) -> ExplanationReport {
        for (index, call) in trace.enumerated() { try M.check(call, at: "call \(index + 1)") }
        try M.check(input, at: "the input")
        let explainer = Explainer(
            Trace(start: M(), inputs: trace, question: input),
            limits: .init(exact: SubsetTable.positionsMax))
        let explanation = explainer.why(mode)
        return ExplanationReport(
            explanation, output: explanation.output, object: object, question: input.description
        ) { trace[$0 - 1].description }
    }
}
