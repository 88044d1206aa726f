/// Accepts a log of events if the model allows it, and says why if not.
///
///     var interpreter = Interpreter()
///     for event in events { try interpreter.accept(event) }
///     print(interpreter.state.drawing())
public struct Interpreter: Sendable {
    /// The state after what was accepted.
    public private(set) var state: ModelState

    /// What was accepted.
    public private(set) var log: [ModelEvent] = []

    /// Makes an interpreter that goes on from `state`.
    public init(_ state: ModelState = ModelState()) {
        self.state = state
    }

    /// Goes on with `event`, or throws which guard or invariant it breaks.
    public mutating func accept(_ event: ModelEvent) throws(Violation) {
        if let refusal = state.refusal(of: event) {
            throw violation("guards", event, refusal.sentence, at: refusal.place)
        }
        var next = state
        next.apply(event)
        for invariant in Invariant.allCases {
            guard let sentence = invariant.explanation(from: state, to: next) else { continue }
            throw violation("invariant \(invariant.rawValue)", event, sentence)
        }
        state = next
        log.append(event)
    }

    /// The state that `log` leads to.
    public static func run(_ log: some Sequence<ModelEvent>) throws(Violation) -> ModelState {
        var interpreter = Interpreter()
        for event in log { try interpreter.accept(event) }
        return interpreter.state
    }

    private func violation(
        _ rule: String, _ event: ModelEvent, _ sentence: String, at place: CacheID? = nil
    ) -> Violation {
        let text = "event \(log.count + 1), \(event), is refused: \(sentence)."
        let tree = state.drawing(marking: place)
        return Violation(rule: rule, explanation: "\(text)\n\(tree)")
    }
}
