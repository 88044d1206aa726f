/// What goes wrong with one operation of a ``LocalBackend``.
public enum LocalFault {
    /// What a pull comes to instead of succeeding.
    public enum Pull: Sendable, Hashable {
        /// It fails like this.
        case fails(PullFailure)
        /// It does not return for a minute, whatever its timeout is.
        case hangs
    }

    /// What a push comes to instead of committing everything.
    public enum Push: Sendable, Hashable {
        /// Nothing is taken, and it fails like this.
        case refused(PushReport)
        /// The entries reach nobody; the proposer keeps them. Reported as unknown.
        case lost
        /// The entries reach a minority: the next pull adopts them. Reported as unknown.
        case stranded
        /// Everything is committed, but the answer is lost. Reported as unknown.
        case answerLost
        /// Only this many of the pending entries are committed; the rest reaches a minority.
        case partial(Int)
        /// Somebody with a higher ballot took over; the entries reached a minority, or nobody.
        case preempted(stranded: Bool)
        /// It does not return for a minute, whatever its timeout is.
        case hangs
    }

    /// What a call comes to instead of an answer.
    public enum Call: Sendable, Hashable {
        /// It is not done, and the answers have this outcome.
        case fails(ReplyOutcome)
        /// It is done, but the answer is lost. Reported as unknown.
        case answerLost
        /// It is done when ``LocalBackend/deliverDelayed()`` is called. Reported as unknown.
        case delayed
        /// It does not return for a minute, whatever its timeout is.
        case hangs
    }
}
