import ADO

/// What an answer says about the operation it answers.
enum Answer: Sendable {
    /// Done, with the method's result.
    case done
    /// In the log without effect: the state machine refused it, for certain.
    case rejected
    /// Not in the log and never will be by this attempt.
    case refused
    /// Done, not done, or done later.
    case unknown
    /// Done or not done, and no later answer can tell: the result was given up.
    case forgotten

    init(_ outcome: ReplyOutcome) {
        switch outcome {
        case .ok: self = .done
        case .thrown, .noSession, .cancelled, .unhosted, .rejected: self = .rejected
        case .busy, .noQuorum, .tooLarge, .storageFull, .notOpen, .closed: self = .refused
        case .unknown, .quarantined: self = .unknown
        case .forgotten: self = .forgotten
        }
    }
}
