internal import Synchronization

/// One client's view of a replicated object: pull it, invoke methods on it, push them.
///
///     let state = try await settings.pull()                     // own it, and see its state
///     let old = try settings.invoke(.set("mode", to: "safe"))   // speculative result, typed
///     try await settings.push()                                 // commit
///
///     try await settings.call(.set("mode", to: "safe"))         // all of it, with retries
///
/// Each step says honestly what failed. What is definitely not done is one kind of failure; what
/// may or may not be done, or may be later, is another, and names the requests to settle. After a
/// full push the handle goes on invoking and pushing without another pull, until somebody else
/// takes the object over.
///
/// A handle may be used from any task. Pulls and pushes of one handle exclude each other: the
/// second fails as busy. Methods may be invoked while a push is under way; the next push commits
/// them. Nothing waits longer than its timeout, or after its task was cancelled.
///
/// A pull costs a round trip to a quorum and the log that is missing; an invocation is local; a
/// push costs one round trip, and so does a call that reaches the owner.
public final class Handle<Object: AtomicObject>: Sendable {
    /// Which object.
    public let name: ObjectName

    let backend: any Backend
    let shared: Mutex<HandleState<Object>>

    /// How much longer than its timeout a backend may take to say how things ended.
    static var grace: Duration { .milliseconds(250) }

    /// Makes a handle of the object called `name` behind `backend`.
    public init(_ type: Object.Type = Object.self, named name: String, on backend: any Backend) {
        self.name = ObjectName(type: Object.typeName, name: name)
        self.backend = backend
        let notes = CallNotes(ObjectTag(of: self.name), isOn: backend.recordsOrigins)
        shared = Mutex(HandleState(in: backend.surroundings, notes))
    }

    /// Where this handle lives, which is where its backend does.
    public var surroundings: any Surroundings { backend.surroundings }

    deinit {
        let ballot = shared.withLock { $0.branch?.ballot }
        if let ballot { backend.release(name, ballot: ballot) }
    }

    /// The speculative state: what was pulled, and what was invoked since.
    ///
    /// Nil before the first pull, and after the branch was lost.
    public var state: Object? { shared.withLock { $0.branch?.speculative.object } }

    /// The last state that this handle knows to be committed; nil before the first pull.
    public var committed: Object? { shared.withLock { $0.committed } }

    /// Whether this handle pulled, and has not been told since that somebody else took over.
    public var isOwner: Bool { shared.withLock { $0.branch != nil } }

    /// Requests invoked here that are not known to be committed, in order.
    public var pending: [Request] { shared.withLock { $0.branch?.pending ?? [] } }
}

// MARK: - The three steps

extension Handle {
    /// Tries to own the object, and returns its state.
    ///
    /// The state may include methods of others that are not committed; pushing commits them too.
    /// What was invoked before and not pushed is dropped, and so is what is invoked until the pull
    /// is over. If the task is cancelled, or the backend is late, the pull may still succeed, see
    /// ``isOwner``. Where it dropped what its caller did not expect, the next push fails as stale.
    @discardableResult
    public func pull(timeout: Duration = .seconds(1)) async throws(PullFailure) -> Object {
        guard !Task.isCancelled else { throw .cancelled }
        guard shared.withLock({ $0.beginPull() }) else { throw .busy }
        let ended = await awaited(for: timeout + Self.grace, in: surroundings) {
            await self.runPull(timeout)
        }
        switch ended {
        case .finished(.success(let state)): return state
        case .finished(.failure(let failure)): throw noted(failure)
        case .late:
            shared.withLock { $0.pullIsLate() }
            throw noted(.noQuorum)
        case .cancelled:
            shared.withLock { $0.pullIsLate() }
            throw noted(.cancelled)
        }
    }

    private func runPull(_ timeout: Duration) async -> Result<Object, PullFailure> {
        let result: Result<Branch<Object>, PullFailure>
        do throws(PullFailure) {
            let pulled = try await backend.pull(name, as: Object.self, timeout: timeout)
            result = .success(try Branch(pulled))
        } catch {
            result = .failure(error)
        }
        return shared.withLock { $0.finishPull(result) }
    }

    /// Runs a method on the speculative state and returns its speculative result.
    ///
    /// If everything up to it is committed, the result is the committed one. A method that throws
    /// is on the branch as well: pushing makes its failure a committed result.
    @discardableResult
    public func invoke<Result: BinaryCodable>(
        _ call: Call<Object, Result>
    ) throws(InvokeFailure) -> Result {
        try shared.withLock { state throws(InvokeFailure) in
            try state.invoke(call.method)
        }.result()
    }

    /// Puts a method on the branch that is chosen by the very state that it is applied to.
    ///
    /// `choose` runs at once and uninterrupted, and must not use the handle.
    package func invoke<Result: BinaryCodable>(
        choosing choose: (Object) -> Call<Object, Result>
    ) throws(InvokeFailure) -> Placed {
        try shared.withLock { state throws(InvokeFailure) in
            guard let object = state.branch?.speculative.object else {
                throw state.wasPulled ? .stale : .notPulled
            }
            return try state.invoke(choose(object).method)
        }
    }

    /// Whether a method is known to be committed: where the branch is gone that it was put on,
    /// nobody knows.
    package func isCommitted(_ placed: Placed) -> Bool {
        shared.withLock { $0.isCommitted(placed) }
    }

    /// Commits everything on the branch, and returns the index it is committed through.
    ///
    /// With nothing pending it succeeds at once. If only entries of others are pending, an entry
    /// that does nothing is added, which commits them. It stands for the branch, not for what one
    /// task invoked: tasks that share a handle use ``call(_:policy:)`` or ``batch(timeout:_:)``.
    @discardableResult
    public func push(timeout: Duration = .seconds(5)) async throws(PushFailure) -> UInt64 {
        try await push(timeout: timeout, knowsOwn: false)
    }

    /// Pushes; `knowsOwn` is for callers that ask afterwards whether their methods are committed.
    @discardableResult
    package func push(
        timeout: Duration, knowsOwn: Bool
    ) async throws(PushFailure) -> UInt64 {
        guard !Task.isCancelled else { throw .cancelled }
        let goal = try shared.withLock { state throws(PushFailure) in
            try state.beginPush(knowsOwn: knowsOwn)
        }
        let ended = await awaited(for: timeout + Self.grace, in: surroundings) {
            await self.runPush(goal, timeout)
        }
        switch ended {
        case .finished(.success(let index)): return index
        case .finished(.failure(let failure)): throw noted(failure)
        case .late, .cancelled:
            throw noted(.unknown(shared.withLock { $0.branch?.sentRequests ?? [] }))
        }
    }

    private func runPush(_ goal: UInt64, _ timeout: Duration) async -> Result<UInt64, PushFailure> {
        let result = await pushChunks(goal, until: surroundings.now + timeout)
        shared.withLock { $0.isProposing = false }
        return result
    }

    private func pushChunks(
        _ goal: UInt64, until deadline: Duration
    ) async -> Result<UInt64, PushFailure> {
        var progress = false
        while true {
            switch shared.withLock({ $0.nextPush(goal: goal) }) {
            case .finished(let result):
                return result
            case .send(let ballot, let entries, let count):
                let report = await backend.push(
                    name, ballot: ballot, entries: entries, count: count,
                    timeout: max(.zero, deadline - surroundings.now))
                let failure = shared.withLock {
                    $0.finishPush(report, count: count, ballot: ballot, progress: progress)
                }
                if let failure { return .failure(failure) }
                progress = true
            }
        }
    }
}
