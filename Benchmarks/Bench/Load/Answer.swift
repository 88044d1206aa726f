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
}
