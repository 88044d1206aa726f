public import ADO
public import Synchronization

/// The bulk path to one object: many calls per submission, many answers per callback, one session.
///
/// A call through a handle costs a continuation; here it costs its encoding and a few bytes more.
/// A pipeline numbers its requests, tells the replicas which of them are finished, and keeps at
/// most a window of them open.
///
/// ```swift
/// let pipeline = try await Pipeline.open(Counter.self, named: "hits", on: node) {
///     pipeline, replies in
///     for position in 0..<replies.count { check(replies[position]) }
/// }
/// try pipeline.submit { block in
///     for _ in 0..<block.room { block.append(.add(1)) }
/// }
/// ```
///
/// The callback runs on the loop thread and must not block; a submission from there costs no
/// wake-up. Pipelines are safe to use from any thread.
public final class Pipeline<Object: AtomicObject>: Sendable {
    /// Called with many answers at once, on the loop thread.
    public typealias OnReplies = @Sendable (Pipeline<Object>, borrowing Replies) -> Void

    /// The most calls that may be open at once: replicas keep so many results of a session.
    public static var capacityMax: Int { 8192 }

    /// Which object.
    public let name: ObjectName

    /// The session of the calls.
    public let session: UInt64

    /// Whether calls whose outcome is not final stay open, to be sent again or abandoned.
    public let keepsFailed: Bool

    @usableFromInline let state: Mutex<State>
    let core: NodeCore
    let group: UInt64
    let route: UInt64

    /// What the lock of a pipeline guards.
    @usableFromInline
    struct State: Sendable {
        @usableFromInline var calls: CallBlock<Object>
        @usableFromInline var reads = ReadBlock<Object>()
        @usableFromInline var window: RequestWindow
        @usableFromInline var nextRead: UInt64 = 1
        /// The last answer of the object.
        @usableFromInline var seen: Origin.Sighting?
    }

    private init(
        _ core: NodeCore, _ name: ObjectName, session: UInt64, capacity: Int, keepsFailed: Bool,
        route: UInt64
    ) {
        self.core = core
        self.name = name
        self.session = session
        self.keepsFailed = keepsFailed
        self.route = route
        group = name.group
        state = Mutex(
            State(calls: CallBlock(session: session), window: RequestWindow(capacity: capacity)))
    }
}

// MARK: - Opening and closing

extension Pipeline {
    /// Opens a session and a pipeline for its calls.
    ///
    /// - Parameters:
    ///   - type: The object's type.
    ///   - name: Its name among those of its type.
    ///   - node: The node that the calls go through.
    ///   - capacity: Calls that may be open at once: at most ``capacityMax``.
    ///   - keepsFailed: Whether calls that ended as unknown, busy or the like stay open. Send them
    ///     again with ``retry(from:_:)`` or give them up with ``abandon(_:)``. Otherwise they are
    ///     given up by themselves.
    ///   - timeout: How long to try to open the session.
    ///   - onReplies: Called with the answers, on the loop thread, where it must not block.
    /// - Throws: ``NodeError`` with code `unreachable` where no server took the session in time.
    public static func open(
        _ type: Object.Type = Object.self, named name: String, on node: Node,
        capacity: Int = 8192, keepsFailed: Bool = false, timeout: Duration = .seconds(10),
        onReplies: @escaping OnReplies
    ) async throws(NodeError) -> Pipeline<Object> {
        precondition(
            (1...capacityMax).contains(capacity), "a pipeline's window is 1 to 8,192 calls")
        let name = ObjectName(type: Object.typeName, name: name)
        let session = try await node.openSession(name, of: type, timeout)
        guard let route = node.core.routes.reserve() else {
            throw NodeError(.busy, "the node has too many pipelines; close some")
        }
        let pipeline = Pipeline(
            node.core, name, session: session, capacity: capacity, keepsFailed: keepsFailed,
            route: route)
        let value = RouteTable.Route { raw in pipeline.settle(raw, onReplies) }
        node.core.routes.set(route, value)
        return pipeline
    }

    /// Lets go of the callback; answers that are still to come are dropped.
    public func close() {
        core.routes.remove(route)
    }
}
