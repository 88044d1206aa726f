public import ADO
internal import Synchronization

/// A cluster as an application uses it: objects by name, behind one client node.
///
/// ```swift
/// let cluster = try await Cluster.connect(to: ["10.0.0.1:7101", "10.0.0.2:7101", "10.0.0.3:7101"])
/// let settings = cluster.object(Settings.self, named: "settings")
/// try await settings.call(.set("mode", to: "safe"))
/// await cluster.shutdown()
/// ```
///
/// Shut it down before letting go of it.
public final class Cluster: Sendable {
    /// The node that this application talks through; it has no vote and no disk.
    public let client: Node

    /// The servers, if they run in this process.
    public let replicas: EmbeddedReplicas?

    init(client: Node, replicas: EmbeddedReplicas? = nil) {
        self.client = client
        self.replicas = replicas
    }

    /// Connects to servers.
    ///
    /// - Parameters:
    ///   - addresses: Each `host:port`, in the order of the servers' ids, or `id=host:port`.
    ///   - cluster: The cluster's name, as its servers were formatted with.
    ///   - timeout: How long to wait for the first of them to answer.
    /// - Throws: ``NodeError`` with code `unreachable` where none of them answers in time.
    public static func connect(
        to addresses: [String], cluster: String = "ado", timeout: Duration = .seconds(5)
    ) async throws(NodeError) -> Cluster {
        let options = NodeOptions(
            cluster: cluster, voters: try NodeOptions.Voter.list(addresses))
        return try await connect(options, timeout: timeout)
    }

    /// Connects with the options of a client node.
    ///
    /// - Throws: ``NodeError`` with code `unreachable` where no server answers in time.
    public static func connect(
        _ options: NodeOptions, timeout: Duration = .seconds(5)
    ) async throws(NodeError) -> Cluster {
        let client = try Node.start(options)
        do throws(NodeError) {
            try await client.waitUntil(within: timeout) { status in
                status.peers.contains { $0.isConnected }
            }
        } catch {
            await client.shutdown()
            throw error
        }
        return Cluster(client: client)
    }

    /// A handle of the object called `name`.
    ///
    /// Embedded servers host the type from then on; other servers must have it registered.
    @inlinable
    public func object<Object: AtomicObject>(
        _ type: Object.Type = Object.self, named name: String
    ) -> Handle<Object> {
        client.object(type, named: name)
    }

    /// Creates an object: it is listed from now on, and exists also if it was removed before.
    ///
    /// An object that was not created exists from its first call on, but is not listed.
    ///
    /// - Returns: A handle of it.
    /// - Throws: `CallFailure`, as the calls that this takes, two or more; create it again then.
    public func create<Object: AtomicObject>(
        _ type: Object.Type = Object.self, named name: String
    ) async throws(CallFailure) -> Handle<Object> {
        let handle = object(type, named: name)
        try await client.create(type, named: name)
        return handle
    }

    /// Removes an object: its state is gone, calls of it fail as `removed`, and it is not listed.
    ///
    /// - Returns: Whether it was there.
    /// - Throws: `CallFailure`, as the calls that this takes, three or more; remove it again then.
    @discardableResult
    public func remove<Object: AtomicObject>(
        _ type: Object.Type, named name: String
    ) async throws(CallFailure) -> Bool {
        client.types.host(type)
        return try await client.remove(type, named: name)
    }

    /// The objects that were created and not removed, in the order of their types and names.
    public func objects() async throws(CallFailure) -> [ObjectName] {
        try await client.objects()
    }

    /// The servers in this process that are running.
    public var nodes: [Node] { replicas?.running ?? [] }

    /// Stops the client, and what of the servers runs in this process.
    public func shutdown() async {
        await client.shutdown()
        await replicas?.shutdown()
    }
}

extension Node {
    /// Looks at the node's own status now and then until it is as wanted.
    func waitUntil(
        within timeout: Duration, _ isReady: @Sendable (NodeStatus) -> Bool
    ) async throws(NodeError) {
        let deadline = ContinuousClock.now + timeout
        while true {
            if isReady(try await status()) { return }
            guard ContinuousClock.now < deadline, !Task.isCancelled else { break }
            try? await Task.sleep(for: .milliseconds(5))
        }
        let servers = core.options.voters.map { "\($0.host):\($0.port)" }.joined(separator: ", ")
        throw NodeError(
            .unreachable,
            "no server of cluster '\(core.options.cluster)' answers at \(servers); check that they "
                + "run, and the cluster's name")
    }
}
