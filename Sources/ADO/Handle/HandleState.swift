/// What a handle knows, behind its lock: nothing here waits.
struct HandleState<Object: AtomicObject>: Sendable {
    /// Calls that may be under way at once.
    static var callsMax: Int { 4096 }

    var branch: Branch<Object>?
    /// The last state known to be committed, once the branch is gone.
    var lastCommitted: Object?
    var wasPulled = false
    /// Methods on the branch whose caller does not expect that the pull under way drops them:
    /// invoked since it began, or there when it was said to have failed, and it goes on.
    private var unexpecting = 0
    /// Methods that the last pull dropped unsent.
    private var dropped = 0
    /// Whether a pull dropped what nobody expected it to, and no push said so yet.
    private var hasDropped = false
    /// What had been sent of the last branch, and was not known to be committed when it was lost.
    private var lost: [Request] = []
    /// Whether a pull or a push is under way.
    var isProposing = false
    var callsUnderWay = 0
    /// The session of what is invoked, and that of calls: a call may outlive a branch.
    var invokeSession: ClientSession
    var callSession: ClientSession
    /// What is recorded with calls.
    var notes: CallNotes
    private let surroundings: any Surroundings

    init(in surroundings: any Surroundings, _ notes: CallNotes) {
        self.surroundings = surroundings
        self.notes = notes
        invokeSession = ClientSession(surroundings.randomIdentity())
        callSession = ClientSession(surroundings.randomIdentity())
    }

    func newSession() -> ClientSession { ClientSession(surroundings.randomIdentity()) }

    var committed: Object? { branch?.committed.object ?? lastCommitted }

    /// Takes the right to pull.
    mutating func beginPull() -> Bool {
        guard !isProposing else { return false }
        isProposing = true
        unexpecting = 0
        dropped = 0
        return true
    }

    /// Takes note that whoever pulled was told that it failed: it may succeed all the same, or has.
    mutating func pullIsLate() {
        unexpecting += branch?.unsentRequests.count ?? 0
        if dropped > 0 { hasDropped = true }
    }
}

// MARK: - Pulling

extension HandleState {
    mutating func finishPull(
        _ result: Result<Branch<Object>, PullFailure>
    ) -> Result<Object, PullFailure> {
        isProposing = false
        switch result {
        case .success(let pulled):
            dropped = branch?.unsentRequests.count ?? 0
            hasDropped = dropped > 0 && unexpecting > 0
            _ = dropBranch()
            lost = []
            branch = pulled
            wasPulled = true
            notes.noteState(at: pulled.speculative.lastIndex)
            return .success(pulled.speculative.object)
        case .failure(let failure):
            if case .preempted = failure { _ = dropBranch() }
            return .failure(failure)
        }
    }

    /// Forgets the branch; what was invoked and not sent is definitely not done.
    ///
    /// - Returns: Requests that were sent and are not known to be committed; of the last branch, if
    ///   there is none.
    mutating func dropBranch() -> [Request] {
        guard let gone = branch else { return lost }
        lost = gone.sentRequests
        lastCommitted = gone.committed.object
        branch = nil
        endInvoked(gone.unsentRequests)
        return lost
    }

    mutating func end(_ requests: [Request]) {
        endInvoked(requests)
        callSession.end(requests)
    }

    /// Ends what was invoked; calls on the branch end by themselves, as they may be tried again.
    private mutating func endInvoked(_ requests: [Request]) {
        invokeSession.end(requests)
    }
}

// MARK: - Invoking

extension HandleState {
    /// Puts a method on the branch.
    mutating func invoke(_ method: Object.Method) throws(InvokeFailure) -> Placed {
        guard let isOpen = branch?.speculative.sessions.isOpen(invokeSession.id) else {
            throw wasPulled ? .stale : .notPulled
        }
        if !isOpen, invokeSession.isUsed {
            // Opened on a branch that is gone, or evicted: either way its id is used up.
            invokeSession = newSession()
        }
        let request = invokeSession.begin()
        do throws(InvokeFailure) {
            let placed = try place(.method, request, notes.field()) { method.write(to: &$0) }
            unexpecting += 1
            notes.note(placed.reply)
            return placed
        } catch {
            invokeSession.end(request)
            throw error
        }
    }

    /// Puts an operation on the branch, and the entry that opens its session where that is missing.
    mutating func place(
        _ operation: CallOperation, _ request: Request, _ origin: [UInt8],
        arguments: (inout Writer) -> Void
    ) throws(InvokeFailure) -> Placed {
        guard let ballot = branch?.ballot else { throw wasPulled ? .stale : .notPulled }
        try branch?.open(request.session)
        let header = header(operation, request)
        let reply = try branch?.append(request: operation == .method ? request : nil) { writer in
            writer.entry(.call) { writer in
                writer.head(header, origin: origin)
                arguments(&writer)
            }
        }
        guard let reply else { throw .stale }
        return Placed(request: request, ballot: ballot, reply: reply)
    }

    func header(_ operation: CallOperation, _ request: Request) -> CallHeader {
        // What is asked for must not be given up with the same breath.
        let lowest = min(lowest(request.session), request.number)
        return CallHeader(
            session: request.session, request: request.number, lowest: lowest,
            operation: operation)
    }

    /// What may be given up of a session: nothing, if it is none of the present ones.
    private func lowest(_ session: UInt64) -> UInt64 {
        if session == invokeSession.id { return invokeSession.lowest }
        return session == callSession.id ? callSession.lowest : 0
    }
}

/// An entry that was put on a branch, and what it came to there.
package struct Placed: Sendable {
    package let request: Request
    let ballot: Ballot
    let reply: Reply

    /// What the method returned, or threw.
    package func result<Result: BinaryCodable>() throws(InvokeFailure) -> Result {
        try reply.result()
    }
}

// MARK: - Pushing

extension HandleState {
    /// What a push does next.
    enum PushStep {
        case finished(Result<UInt64, PushFailure>)
        case send(Ballot, entries: [UInt8], count: Int)
    }

    /// The last index that a push starting now must commit.
    ///
    /// - Parameter knowsOwn: Whether the caller finds out by itself what became of its methods.
    mutating func beginPush(knowsOwn: Bool) throws(PushFailure) -> UInt64 {
        guard branch != nil else {
            hasDropped = false
            throw wasPulled ? .stale(unknown: lost) : .notPulled
        }
        guard !isProposing else { throw .busy }
        guard knowsOwn || !hasDropped else {
            // With nothing left to send this would say that what was dropped is committed.
            hasDropped = false
            throw .stale(unknown: dropBranch())
        }
        isProposing = true
        if branch?.needsBarrier == true {
            // Without an entry of the own ballot nothing on the branch can be counted committed.
            _ = try? branch?.append { $0.entry(.barrier) }
        }
        return branch?.speculative.lastIndex ?? 0
    }

    mutating func nextPush(goal: UInt64) -> PushStep {
        guard let branch else { return .finished(.failure(.stale(unknown: lost))) }
        guard branch.committed.lastIndex < goal else {
            return .finished(.success(branch.committed.lastIndex))
        }
        let chunk = branch.chunk()
        self.branch?.isSending(chunk.count)
        return .send(branch.ballot, entries: chunk.bytes, count: chunk.count)
    }

    /// Accounts for a report.
    ///
    /// - Returns: Why the push ends, or nil if it goes on.
    mutating func finishPush(
        _ report: PushReport, count: Int, ballot: Ballot, progress: Bool
    ) -> PushFailure? {
        guard branch?.ballot == ballot else { return .stale(unknown: lost) }
        branch?.isSending(0)
        switch report {
        case .committed(let through):
            branch?.markSent(count)
            // What the backend was given is not in the log that is committed.
            guard through >= branch?.lastSent ?? 0 else { return .stale(unknown: dropBranch()) }
            endInvoked(branch?.commitSent(through: through) ?? [])
            return nil
        case .partial(let through):
            branch?.markSent(count)
            endInvoked(branch?.commit(through: through) ?? [])
            return partial()
        case .preempted(let by):
            branch?.markSent(count)
            return .preempted(by: by, unknown: dropBranch())
        case .stale:
            return .stale(unknown: dropBranch())
        case .unknown:
            branch?.markSent(count)
            return progress ? partial() : .unknown(branch?.sentRequests ?? [])
        case .busy, .storageFull, .tooLarge, .closed:
            return progress ? partial() : notSent(report)
        }
    }

    private func partial() -> PushFailure {
        .partial(committed: branch?.committed.lastIndex ?? 0, pending: branch?.pending ?? [])
    }

    private func notSent(_ report: PushReport) -> PushFailure {
        switch report {
        case .storageFull: .storageFull
        case .tooLarge: .tooLarge
        case .closed: .closed
        default: .busy
        }
    }
}
