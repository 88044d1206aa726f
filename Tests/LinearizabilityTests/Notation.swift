import Linearizability

extension History.Operation {
    /// An operation that returned.
    static func op(
        _ client: UInt64, _ times: ClosedRange<UInt64>, _ input: Input, _ output: Output
    ) -> Self {
        Self(
            client: client, input: input, call: times.lowerBound,
            outcome: .returned(output, at: times.upperBound))
    }

    /// An operation of unknown outcome.
    static func lost(_ client: UInt64, _ call: UInt64, _ input: Input) -> Self {
        Self(client: client, input: input, call: call, outcome: .unknown)
    }
}

extension Model {
    typealias Seen = History<Input, Output>

    /// The verdict on operations that are well formed.
    func judge(_ operations: Seen.Operation..., stepsPerKey: Int = 100_000) throws -> Verdict {
        check(try History(operations), stepsPerKey: stepsPerKey)
    }
}

extension Verdict {
    var explanation: Explanation? {
        guard case .violation(let explanation) = self else { return nil }
        return explanation
    }

    var isUndecided: Bool {
        guard case .undecided = self else { return false }
        return true
    }
}
