/// What an answer is worth.
///
/// It never says more than was shown.
public enum Verdict: String, Sendable, Hashable, CaseIterable, Codable {
    /// All witnesses, each minimal, and no other.
    case exact

    /// One witness, minimal; there may be others.
    case oneOf

    /// One set of calls that looks like a witness: no subset that was tried refutes it, and not all
    /// were tried.
    case tested

    /// A set of calls that suffices whatever else is kept, but may hold more than is needed.
    case overApproximation

    /// The reply needs no cause: it is given after any part of the log, even nothing.
    case noCause
}

extension Verdict {
    /// The exit status of a command that gives such an answer: 0 if the reply is explained, 2 if it
    /// has no cause, 3 if the answer is approximate.
    public var exitStatus: Int32 {
        switch self {
        case .exact, .oneOf: 0
        case .noCause: 2
        case .tested, .overApproximation: 3
        }
    }
}
