internal import Synchronization

/// One client's view of an object: pull it, invoke methods on it, push them.
///
///     let state = try await settings.pull()
///     let old = try settings.invoke(.set("mode", to: "safe"))
///     try await settings.push()
public final class Handle<Object: AtomicObject>: Sendable {
    /// Which object.
    public let name: ObjectName

    let backend: any Backend

    /// Makes a handle of the object called `name` behind `backend`.
    public init(_ type: Object.Type = Object.self, named name: String, on backend: any Backend) {
        self.name = ObjectName(type: Object.typeName, name: name)
        self.backend = backend
    }

    /// The speculative state: what was pulled, and what was invoked since. Nil without a branch.
    public var state: Object? { nil }

    /// The last state this handle knows to be committed.
    public var committed: Object? { nil }

    /// Whether this handle pulled, and has not been told of a preemption since.
    public var isOwner: Bool { false }

    /// Requests invoked here that are not known to be committed.
    public var pending: [Request] { [] }

    /// Tries to own the object, and returns its state, which may hold uncommitted methods of others.
    @discardableResult
    public func pull(timeout: Duration = .seconds(1)) async throws(PullFailure) -> Object {
        throw .closed
    }

    /// Runs a method on the speculative state and returns its speculative result.
    @discardableResult
    public func invoke<Result: BinaryCodable>(
        _ call: Call<Object, Result>
    ) throws(InvokeFailure) -> Result {
        throw .notPulled
    }

    /// Commits everything on the branch and returns the index it is committed through.
    @discardableResult
    public func push(timeout: Duration = .seconds(5)) async throws(PushFailure) -> UInt64 {
        throw .closed
    }

    /// Runs one method on the committed state, as often as the policy says.
    @discardableResult
    public func call<Result: BinaryCodable>(
        _ call: Call<Object, Result>, policy: CallPolicy = .standard
    ) async throws(CallFailure) -> Result {
        throw .closed
    }

    /// Finds out what became of a request, and if nothing did, sees to it that nothing will.
    public func settle<Result: BinaryCodable>(
        _ request: Request, as type: Result.Type = Result.self, deadline: Duration = .seconds(5)
    ) async throws(CallFailure) -> Settlement<Result> {
        throw .closed
    }
}

/// What became of a request that was settled.
public enum Settlement<Result: BinaryCodable>: Sendable {
    /// It was done, with this result.
    case done(Result)
    /// It was done: the method threw, and changed nothing.
    case thrown(MethodFailure)
    /// It was not done, and never will be.
    case cancelled
    /// It is too old: neither its result nor whether it was done is known any more.
    case forgotten
}

extension Settlement: Equatable where Result: Equatable {}
