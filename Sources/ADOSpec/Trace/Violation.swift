/// Something happened that must not: which rule it breaks, and how.
public struct Violation: Error, Hashable, Sendable {
    /// The rule, by its name.
    public let rule: String

    /// What broke it: one sentence first, then whatever helps to see it.
    public let explanation: String

    /// A picture of what broke it, as SVG; nil if there is none.
    public let picture: String?

    /// Makes a violation.
    public init(rule: String, explanation: String, picture: String? = nil) {
        self.rule = rule
        self.explanation = explanation
        self.picture = picture
    }
}

extension Violation: CustomStringConvertible {
    /// The rule and the explanation.
    public var description: String { "\(rule): \(explanation)" }
}

extension Violation {
    /// The rule that everything spoken of has been seen to happen.
    ///
    /// It alone may be broken by records that are missing instead of by what was traced.
    public static let unknownHistoryRule = "known history"

    /// Something is spoken of that was never seen to happen.
    static func unknownHistory(_ explanation: String) -> Violation {
        Violation(rule: unknownHistoryRule, explanation: explanation)
    }
}
