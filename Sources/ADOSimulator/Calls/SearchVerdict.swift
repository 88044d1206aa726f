internal import ADOSpec
internal import Linearizability

extension Linearizability.Verdict {
    /// What a run is told of an object; a search that was given up leaves it undecided.
    func forRun(of object: String) -> ADOSpec.Verdict {
        switch self {
        case .linearizable: .holds
        case .violation(let explanation):
            .violated(
                .notLinearizable("of \(object):\n\(explanation.text)", picture: explanation.svg))
        case .undecided(let reason): .incomplete("of \(object): \(reason)")
        }
    }
}

extension Violation {
    static func notLinearizable(_ explanation: String, picture: String? = nil) -> Violation {
        Violation(
            rule: RunRule.linearizability.rawValue, explanation: explanation, picture: picture)
    }
}
