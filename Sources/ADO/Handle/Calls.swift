internal import Synchronization

// Calls: one method, as often as a policy says, through whoever owns the object.

extension Handle {
    /// Runs one method on the committed state, as often as the policy says.
    ///
    /// A method that only reads is answered by the owner without the log, linearizably. Any other
    /// is sent to the serving node; but a handle that owns the object commits it itself, after
    /// whatever else is pending on its branch.
    ///
    /// If the task is cancelled before anything was sent, the failure is `interrupted`, later it is
    /// `unknown`.
    @discardableResult
    public func call<Result: BinaryCodable>(
        _ call: Call<Object, Result>, policy: CallPolicy = .standard
    ) async throws(CallFailure) -> Result {
        let method = call.method.encoded()
        guard Self.fits(method) else { throw .tooLarge }
        let reply: Reply
        do throws(CallFailure) {
            reply =
                call.method.isReadOnly
                ? try await read(method, policy)
                : try await perform(.method, method, policy)
        } catch {
            throw noted(error)
        }
        guard reply.outcome != .thrown else {
            throw .thrown(MethodFailure(payload: reply.payload))
        }
        guard let result = try? Result.decoded(from: reply.payload) else { throw .unreadable }
        return result
    }

    /// Whether a call is not too large for an entry.
    package func fits<Result>(_ call: Call<Object, Result>) -> Bool {
        Self.fits(call.method.encoded())
    }

    private static func fits(_ method: [UInt8]) -> Bool {
        method.count + CallHeader.size + Origin.sizeMax <= Entries.payloadMax
    }

    /// Finds out what became of a request, and if nothing did, sees to it that nothing will.
    ///
    /// This is an entry of the log itself: once it has returned, the request is done or is refused
    /// whenever it arrives. The answer is kept until a later call or push of this handle says that
    /// it has arrived; after that it is `forgotten`.
    public func settle<Result: BinaryCodable>(
        _ request: Request, as type: Result.Type = Result.self, deadline: Duration = .seconds(5)
    ) async throws(CallFailure) -> Settlement<Result> {
        let policy = CallPolicy.exactlyOnce(deadline: deadline)
        var attempts = Attempts(.settle, [], request, policy, in: surroundings)
        let reply = try await answer(&attempts)
        shared.withLock { $0.end([request]) }
        switch reply.outcome {
        case .ok:
            guard let result = try? Result.decoded(from: reply.payload) else { throw .unreadable }
            return .done(result)
        case .thrown: return .thrown(MethodFailure(payload: reply.payload))
        // The object was removed before: it was refused.
        case .cancelled, .removed: return .cancelled
        default: return .forgotten
        }
    }

    /// Carries an operation out as an entry of the log; `method` is empty but for methods.
    func perform(
        _ operation: CallOperation, _ method: [UInt8], _ policy: CallPolicy
    ) async throws(CallFailure) -> Reply {
        guard let (request, origin) = shared.withLock({ $0.beginCall() }) else { throw .busy }
        var attempts = Attempts(
            operation, method, request, policy, origin: origin, in: surroundings)
        let result: Result<Reply, CallFailure>
        do throws(CallFailure) {
            result = .success(try await answer(&attempts))
        } catch {
            result = .failure(error)
        }
        shared.withLock { $0.endCall(attempts.request, result) }
        let reply = try result.get()
        switch reply.outcome {
        case .cancelled: throw .cancelled(attempts.request)
        // Refused was this request; one before it may have been done.
        case .removed: throw policy.repeats ? attempts.failure(.removed) : .removed
        case .forgotten: throw .unknown(attempts.request)
        default: return reply
        }
    }
}

// MARK: - Attempts

extension Handle {
    /// What one attempt came to.
    private enum Verdict {
        case answered(Reply)
        /// The session is not known where the request arrived.
        case noSession
        case retry(CallFailure, uncertain: Bool)
        case failed(CallFailure)
    }

    /// Tries until there is an answer of the object, or no attempt is left.
    private func answer(_ attempts: inout Attempts) async throws(CallFailure) -> Reply {
        while true {
            guard !Task.isCancelled else { throw attempts.failure(.interrupted) }
            switch await attempt(&attempts) {
            case .answered(let reply):
                return reply
            case .noSession:
                guard attempts.operation != .settle else { return Reply(.forgotten) }
                // Evicted. An earlier attempt may have been done before that.
                guard !attempts.isUncertain else { throw .unknown(attempts.request) }
                try attempts.renew { old in shared.withLock { $0.renewCall(old) } }
            case .failed(let failure):
                throw attempts.failure(failure)
            case .retry(let cause, let uncertain):
                if uncertain { attempts.becomeUncertain() }
                try await attempts.retry(after: cause)
                // What is on the own branch is pushed again instead.
                guard attempts.policy.repeats, uncertain, attempts.placed == nil else { continue }
                attempts.repeat(as: shared.withLock { $0.repeatCall(attempts.request) })
            }
        }
    }

    private func attempt(_ attempts: inout Attempts) async -> Verdict {
        let own: Result<Placed, InvokeFailure> = shared.withLock { state in
            do throws(InvokeFailure) {
                return .success(try state.place(&attempts))
            } catch {
                return .failure(error)
            }
        }
        switch own {
        case .success(let placed):
            return await push(placed, &attempts)
        case .failure(.busy):
            return .retry(.busy, uncertain: false)
        case .failure(.tooLarge):
            return .failed(.tooLarge)
        case .failure:
            return await send(attempts)
        }
    }

    /// Commits what this handle put on its own branch.
    private func push(_ placed: Placed, _ attempts: inout Attempts) async -> Verdict {
        guard placed.reply.outcome != .noSession else { return .noSession }
        let cause: CallFailure
        do throws(PushFailure) {
            try await push(timeout: attempts.timeout, knowsOwn: true)
            cause = .unknown(attempts.request)
        } catch .closed {
            return .failed(.closed)
        } catch {
            cause = error == .storageFull ? .storageFull : .busy
        }
        // Not whether this push succeeded counts, but whether any committed the entry.
        let isCommitted = shared.withLock { $0.isCommitted(placed) }
        return isCommitted ? .answered(placed.reply) : .retry(cause, uncertain: true)
    }

    /// Has the call carried out by whoever owns the object.
    private func send(_ attempts: Attempts) async -> Verdict {
        let block = shared.withLock { $0.block(attempts) }
        let timeout = attempts.timeout
        let ended = await awaited(for: timeout + Self.grace, in: surroundings) {
            await self.backend.call(
                self.name, kind: .entry, entries: block.bytes, count: block.count, timeout: timeout)
        }
        guard case .finished(let replies) = ended, replies.count == block.count,
            let reply = replies.last
        else { return .retry(.unknown(attempts.request), uncertain: true) }
        if reply.outcome.isFromLog, reply.outcome != .noSession, reply.outcome != .quarantined {
            shared.withLock { $0.confirmOpen(attempts.request.session) }
        }
        return verdict(reply, attempts.request)
    }

    private func verdict(_ reply: Reply, _ request: Request) -> Verdict {
        switch reply.outcome {
        case .ok, .thrown, .cancelled, .forgotten, .removed: .answered(reply)
        case .noSession: .noSession
        case .unknown: .retry(.unknown(request), uncertain: true)
        case .unhosted: .failed(.unhosted(request))
        case .quarantined: .failed(Self.quarantined(reply, request))
        case .rejected: .failed(.rejected)
        case .tooLarge: .failed(.tooLarge)
        case .closed: .failed(.closed)
        case .busy: .retry(.busy, uncertain: false)
        case .noQuorum, .notOpen: .retry(.noQuorum, uncertain: false)
        case .storageFull: .retry(.storageFull, uncertain: false)
        }
    }

    private static func quarantined(_ reply: Reply, _ request: Request) -> CallFailure {
        guard let why = try? Quarantine.decoded(from: reply.payload) else { return .unreadable }
        // A read belongs to no session.
        return .quarantined(why, request.session == 0 ? nil : request)
    }

    /// Reads until there is an answer; a read may be repeated at will.
    private func read(
        _ method: [UInt8], _ policy: CallPolicy
    ) async throws(CallFailure) -> Reply {
        var writer = Writer(capacity: method.count + Entries.headSize)
        writer.entry(.read) { $0.raw(method) }
        let entries = writer.bytes
        var attempts = Attempts(
            .method, method, Request(session: 0, number: 0), policy, in: surroundings)
        while true {
            guard !Task.isCancelled else { throw .interrupted }
            let timeout = attempts.timeout
            let ended = await awaited(for: timeout + Self.grace, in: surroundings) {
                await self.backend.call(
                    self.name, kind: .read, entries: entries, count: 1, timeout: timeout)
            }
            guard case .finished(let replies) = ended, let reply = replies.last else {
                try await attempts.retry(after: .noQuorum)
                continue
            }
            switch verdict(reply, attempts.request) {
            case .answered:
                guard reply.outcome != .removed else { throw .removed }
                shared.withLock { $0.notes.noteState(at: reply.index) }
                return reply
            case .failed(let failure): throw failure
            case .retry(.unknown, _), .noSession: try await attempts.retry(after: .noQuorum)
            case .retry(let cause, _): try await attempts.retry(after: cause)
            }
        }
    }
}

extension ReplyOutcome {
    /// Whether the object answered; otherwise it is what carried the call.
    var isFromLog: Bool { rawValue < 64 }
}
