/// What clients saw of one object: which operation each called and when, and what came of it.
///
/// Times are of one clock, in any unit. An operation comes before another if it returned before the
/// other was called. If it returned in the very instant of the other's call then the two overlap,
/// because a clock cannot tell more; only one client's own operations on a key keep their order
/// even then. An operation that is known not to have happened does not belong in a history.
public struct History<Input: Sendable, Output: Sendable>: Sendable {
    /// One operation of one client.
    public struct Operation: Sendable {
        /// Who called it.
        public let client: UInt64
        /// What was asked.
        public let input: Input
        /// When it was called.
        public let call: UInt64
        /// What came of it.
        public let outcome: Outcome

        /// Makes an operation.
        public init(client: UInt64, input: Input, call: UInt64, outcome: Outcome) {
            self.client = client
            self.input = input
            self.call = call
            self.outcome = outcome
        }

        /// When it returned; nil if its outcome is unknown.
        var end: UInt64? {
            guard case .returned(_, let time) = outcome else { return nil }
            return time
        }

        /// What it returned; nil if its outcome is unknown.
        var output: Output? {
            guard case .returned(let output, _) = outcome else { return nil }
            return output
        }
    }

    /// What a client knows of an operation.
    public enum Outcome: Sendable {
        /// It took effect once, between its call and this time.
        case returned(Output, at: UInt64)
        /// It may have taken effect once, at any time after its call, or will, or never does.
        case unknown
    }

    /// The operations, in the order in which they were given.
    public let operations: [Operation]

    /// The positions of the operations by call, then end, then as given: a client's own order, in
    /// which it gives up at once what stays unknown.
    let positionsByTime: [Int]

    /// Makes a history, in which no operation may return before its call, and no client may call
    /// while another operation of its own runs, unless the outcome of that one stayed unknown.
    public init(_ operations: [Operation]) throws(MalformedHistory) {
        self.operations = operations
        let keys = operations.enumerated().map { ($1.call, $1.end ?? $1.call, $0) }
        positionsByTime = keys.sorted(by: <).map(\.2)
        try checkOrder()
    }

    private func checkOrder() throws(MalformedHistory) {
        var last: [UInt64: (call: UInt64, end: UInt64)] = [:]
        for position in positionsByTime {
            let (client, call) = (operations[position].client, operations[position].call)
            if let last = last[client], last.end > call {
                throw .callsWhileCalling(
                    client: client, running: last.call, end: last.end, call: call)
            }
            guard let end = operations[position].end else { continue }
            if end < call { throw .returnsBeforeItsCall(client: client, call: call, end: end) }
            last[client] = (call, end)
        }
    }
}
