/// What a judge makes of a run.
public enum Verdict: Hashable, Sendable {
    /// Every rule was kept.
    case holds
    /// A rule was broken.
    case violated(Violation)
    /// Nothing was seen to be broken, but not everything was seen; the reason.
    case incomplete(String)
}

extension Verdict: CustomStringConvertible {
    /// The verdict as a sentence.
    public var description: String {
        switch self {
        case .holds: "every rule holds"
        case .violated(let violation): "violated: \(violation)"
        case .incomplete(let reason): "incomplete: \(reason)"
        }
    }
}
