/// Why a pull did not get the object.
public enum PullFailure: Error, Sendable, Hashable {
    /// Somebody else holds a higher ballot: pull again to compete.
    case preempted(by: Ballot)
    /// Too few nodes answered. Nothing changed.
    case noQuorum
    /// A disk failed where the object's log is needed.
    case storageFailed
    /// A queue is full, or another pull or push of this handle is under way. Nothing changed.
    case busy
    /// The state that was pulled is not readable as this type.
    case unreadable
    /// This version of the type cannot follow the log beyond an entry. The pull may have preempted
    /// the owner.
    case quarantined(Quarantine)
    /// The task was cancelled. The pull may have preempted the owner.
    case cancelled
    /// The backend is closed.
    case closed
}

/// Why a method was not invoked.
public enum InvokeFailure: Error, Sendable, Hashable {
    /// The branch is gone, because somebody else took over: pull again.
    case stale
    /// Nothing was pulled yet: pull first.
    case notPulled
    /// The method threw on the speculative state. It is on the branch, as a call that throws.
    case thrown(MethodFailure)
    /// The call is larger than an entry of the log may be. Nothing changed.
    case tooLarge
    /// Too much is pending: push first; or the log names as many methods of all versions of the
    /// type as a log may, and takes no further client. Nothing changed.
    case busy
    /// The object was removed: create it first. The call is on the branch, as one that is refused.
    case removed
}

/// Why a push did not commit everything.
public enum PushFailure: Error, Sendable, Hashable {
    /// The log is committed through `committed`; `pending` may be later. Push again, no pull
    /// needed.
    case partial(committed: UInt64, pending: [Request])
    /// `by` took over, and this ballot can push no more. `unknown` may be committed or not.
    case preempted(by: Ballot, unknown: [Request])
    /// At the deadline nothing was known. Push again or settle.
    case unknown([Request])
    /// The disks are full. What this push would have sent first was not sent and stays pending.
    case storageFull
    /// A queue is full, another pull or push is under way, or too few servers can be reached for
    /// anything to be sent. Nothing was sent by this push.
    case busy
    /// More is pending than one push may carry. Nothing was sent by this push.
    case tooLarge
    /// The branch is gone, a pull dropped methods unexpectedly (it had been said to fail, or they
    /// were invoked while it was under way), or somebody has called through the same node since,
    /// so that the log is not what it stands on: pull again. `unknown` was sent by earlier pushes;
    /// what else was invoked is not done.
    case stale(unknown: [Request])
    /// Nothing was pulled yet: pull first.
    case notPulled
    /// The backend is closed. Nothing was sent by this push.
    case closed
    /// The task was cancelled before anything was sent by this push.
    case cancelled
}

/// Why a call has no result.
public enum CallFailure: Error, Sendable, Hashable {
    /// The method threw: done, and it changed nothing.
    case thrown(MethodFailure)
    /// May or may not have been done, or may be later: settle it.
    case unknown(Request)
    /// The request was settled as cancelled: never done.
    case cancelled(Request)
    /// Not done: the object was removed. Create it first.
    case removed
    /// Not done: a queue is full.
    case busy
    /// Not done: too few nodes are reachable.
    case noQuorum
    /// Not done: the call is too large.
    case tooLarge
    /// Not done: the disks are full.
    case storageFull
    /// Where the call arrived nobody hosts this type: it may be in the log without an answer.
    case unhosted(Request)
    /// The replica where the call arrived had stopped: it may be in the log without an answer. A
    /// read, which has no request, is not done.
    case quarantined(Quarantine, Request?)
    /// Not done: the servers could not decode the call; their version of the type is another one.
    case rejected
    /// Not done: the task was cancelled before anything was sent.
    case interrupted
    /// Not done: the backend is closed.
    case closed
    /// Done, but the result is not readable as this type.
    case unreadable
}
