public import ADO
internal import CMultiPaxos
internal import CMultiPaxosLMDB
internal import CMultiPaxosUV

/// A member of a cluster, running on its own event-loop thread: a server, or a client.
///
/// A server has a vote, a directory and a listener; a client has none of them and may still own
/// objects. Start a node with ``start(_:types:listener:)``, and stop it with ``shutdown()`` before
/// letting go of it:
///
/// ```swift
/// let types = TypeRegistry()
/// types.host(KeyValue.self)
/// let node = try Node.start(options, types: types)
/// let settings = node.object(KeyValue.self, named: "settings")
/// try await settings.call(.set("mode", to: "safe"))
/// await node.shutdown()
/// ```
///
/// A node is safe to use from any task.
public final class Node: Sendable {
    let core: NodeCore

    /// The node's id; a client's is random.
    public let id: UInt64

    /// The cluster's name; a server's is what its directory says.
    public let cluster: String

    /// The types whose objects the node applies.
    public let types: TypeRegistry

    private init(_ core: NodeCore, _ raw: OpaquePointer, types: TypeRegistry) {
        self.core = core
        id = mp_uv_node_id(raw)
        cluster = String(cString: mp_uv_node_cluster(raw))
        self.types = types
    }

    deinit {
        precondition(core.isClosed, "a Node was let go without shutdown()")
    }
}

// MARK: - Lifecycle

extension Node {
    /// Makes a voting directory, which must not exist or be empty.
    ///
    /// - Throws: ``NodeError`` where it cannot be made; nothing was written then.
    public static func format(
        directory: String, cluster: String, node: UInt64
    ) throws(NodeError) {
        try NodeOptions.validate(cluster: cluster)
        try NodeOptions.validate(server: node)
        var error = mp_lmdb_error()
        let status = directory.withCString { path in
            cluster.withCString { cluster in
                var options = mp_lmdb_options()
                options.path = path
                options.cluster = cluster
                options.node = node
                return mp_lmdb_format(&options, &error)
            }
        }
        guard status == MP_OK else { throw NodeError(status, error) }
    }

    /// Starts a node.
    ///
    /// A server without a `listener` binds the address that its options give it. Committed entries
    /// of its log are applied from then on to objects of the registered types.
    ///
    /// - Throws: ``NodeError`` where it cannot start; nothing was written then.
    public static func start(
        _ options: NodeOptions, types: TypeRegistry = TypeRegistry(),
        listener: consuming Listener? = nil
    ) throws(NodeError) -> Node {
        try options.validate()
        if listener == nil, let own = options.voters.first(where: { $0.node == options.node }) {
            listener = try Listener.bind(host: own.host, port: own.port)
        }
        types.host(Inventory.self)
        let core = NodeCore(options: options, types: types)
        let raw = try core.start(listener: listener.take())
        Task.detached(priority: .utility) { await core.compareDigests() }
        return Node(core, raw.pointer, types: types)
    }

    /// Settles what was submitted, stops the loop, and returns when its threads are done.
    public func shutdown() async {
        await withCheckedContinuation { core.close($0) }
    }

    /// Runs `job` on the loop thread, where it must not block.
    ///
    /// - Throws: ``NodeError`` where the node is closed or its queue full; the job is not run then.
    public func run(_ job: @escaping @Sendable () -> Void) throws(NodeError) {
        try NodeError.check(core.run(job))
    }

    /// Whether the caller is on the loop thread.
    public var isOnLoop: Bool { core.isOnLoop }
}

extension Node {
    /// A handle of the object called `name`.
    ///
    /// It registers the type, so that the node applies what the handle pulls.
    @inlinable
    public func object<Object: AtomicObject>(
        _ type: Object.Type = Object.self, named name: String
    ) -> Handle<Object> {
        types.host(type)
        return Handle(type, named: name, on: self)
    }
}

extension NodeCore {
    fileprivate func start(listener: consuming Listener?) throws(NodeError) -> RawNode {
        guard let listener = listener.take() else { return try start(descriptor: -1) }
        return try listener.hand { descriptor throws(NodeError) in
            try start(descriptor: descriptor)
        }
    }

    private func start(descriptor: Int32) throws(NodeError) -> RawNode {
        // The loop thread holds this reference until on_closed gives it back.
        let context = Unmanaged.passRetained(self)
        var callbacks = mp_uv_callbacks.trampolines(handlesFatal: options.onFatal != nil)
        var raw: OpaquePointer?
        var error = mp_lmdb_error()
        let status = options.withRaw(listener: descriptor) { options in
            mp_uv_node_start(options, &callbacks, context.toOpaque(), &raw, &error)
        }
        guard status == MP_OK, let raw else {
            context.release()
            throw NodeError(status, error)
        }
        let node = RawNode(pointer: raw)
        started(node)
        return node
    }

    func run(_ job: @escaping @Sendable () -> Void) -> mp_status {
        let argument = Unmanaged.passRetained(Job(job))
        let status = order { raw in
            mp_uv_node_run(
                raw, { Unmanaged<Job>.fromOpaque($0!).takeRetainedValue().body() },
                argument.toOpaque())
        }
        if status != MP_OK { argument.release() }
        return status
    }

    var isOnLoop: Bool {
        var isOnLoop = false
        _ = order { raw in
            isOnLoop = mp_uv_node_on_loop(raw)
            return MP_OK
        }
        return isOnLoop
    }
}

/// A closure on its way to the loop thread.
private final class Job: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }
}
