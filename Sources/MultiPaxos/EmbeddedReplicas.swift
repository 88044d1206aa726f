internal import Synchronization

/// Servers that run in this process, with real disks in a temporary directory, and loopback.
///
/// For tests and first steps: stop and start them to see what an application makes of failures.
public final class EmbeddedReplicas: Sendable {
    /// The types they host.
    public let types: TypeRegistry

    private let directory: TemporaryDirectory
    private let servers: Mutex<[UInt64: Server]>

    private struct Server: Sendable {
        let options: NodeOptions
        var node: Node?
    }

    private init(types: TypeRegistry, directory: TemporaryDirectory) {
        self.types = types
        self.directory = directory
        servers = Mutex([:])
    }

    /// The servers that are running, by id.
    public var running: [Node] {
        servers.withLock { servers in
            servers.values.compactMap(\.node).sorted { $0.id < $1.id }
        }
    }

    /// The running server with an id.
    public func node(_ id: UInt64) -> Node? {
        servers.withLock { $0[id]?.node }
    }

    /// Where the servers listen, stopped ones included.
    public var voters: [NodeOptions.Voter] {
        servers.withLock { $0.values.first?.options.voters ?? [] }
    }

    /// Stops a server; its directory stays.
    public func stop(_ id: UInt64) async {
        let node = servers.withLock { servers in
            defer { servers[id]?.node = nil }
            return servers[id]?.node
        }
        await node?.shutdown()
    }

    /// Starts a server that was stopped, on the same address and directory.
    ///
    /// - Throws: ``NodeError`` where it cannot start.
    public func start(_ id: UInt64) throws(NodeError) {
        guard let server = servers.withLock({ $0[id] }) else {
            throw NodeError(.invalidOptions, "there is no embedded server \(id); use 1, 2, …")
        }
        guard server.node == nil else { return }
        let node = try Node.start(server.options, types: types)
        servers.withLock { $0[id]?.node = node }
    }

    func shutdown() async {
        for node in running { await stop(node.id) }
        directory.remove()
    }
}

// MARK: - Starting

extension EmbeddedReplicas {
    static func start(
        _ count: Int, types: TypeRegistry, electionTimeout: Duration,
        onLog: (@Sendable (NodeOptions.LogLevel, String) -> Void)?
    ) async throws(NodeError) -> EmbeddedReplicas {
        let directory = try TemporaryDirectory()
        let replicas = EmbeddedReplicas(types: types, directory: directory)
        do throws(NodeError) {
            try replicas.startAll(count, electionTimeout, onLog)
        } catch {
            await replicas.shutdown()
            throw error
        }
        return replicas
    }

    private func startAll(
        _ count: Int, _ electionTimeout: Duration,
        _ onLog: (@Sendable (NodeOptions.LogLevel, String) -> Void)?
    ) throws(NodeError) {
        let host = "127.0.0.1"
        // All ports are known before the first server starts: each one must name its peers.
        var listeners: [HeldListener] = []
        for _ in 0..<count { listeners.append(try HeldListener(host)) }
        let voters = listeners.enumerated().map { position, listener in
            NodeOptions.Voter(node: UInt64(position) + 1, host: host, port: listener.port)
        }
        for (voter, listener) in zip(voters, listeners) {
            let data = "\(directory.path)/node-\(voter.node)"
            var options = NodeOptions(node: voter.node, voters: voters, data: data)
            options.electionTimeout = electionTimeout
            options.onLog = onLog
            try Node.format(directory: data, cluster: options.cluster, node: voter.node)
            let node = try Node.start(options, types: types, listener: listener.take())
            servers.withLock { $0[voter.node] = Server(options: options, node: node) }
        }
    }
}

/// A listener that waits in an array, which cannot hold what cannot be copied.
private final class HeldListener {
    private var listener: Listener?
    let port: UInt16

    init(_ host: String) throws(NodeError) {
        let listener = try Listener.bindAside(host: host)
        port = listener.port
        self.listener = consume listener
    }

    func take() -> Listener? { listener.take() }
}

extension Cluster {
    /// Starts a real cluster in this process: servers with disks in a temporary directory that is
    /// removed at shutdown, and a client that is connected to them.
    ///
    /// ```swift
    /// let cluster = try await Cluster.embedded(replicas: 3)
    /// let hits = cluster.object(Counter.self, named: "hits")
    /// try await hits.call(.add(1))
    /// await cluster.shutdown()
    /// ```
    ///
    /// With `recordsOrigins` the client's calls record where they come from: see `Origin`.
    ///
    /// - Throws: ``NodeError`` where the servers cannot start, or elect nobody in time.
    public static func embedded(
        replicas count: Int = 3, types: TypeRegistry = TypeRegistry(),
        electionTimeout: Duration = .milliseconds(200), timeout: Duration = .seconds(10),
        recordsOrigins: Bool = true,
        onLog: (@Sendable (NodeOptions.LogLevel, String) -> Void)? = nil
    ) async throws(NodeError) -> Cluster {
        precondition((1...9).contains(count), "an embedded cluster has 1 to 9 replicas")
        let replicas = try await EmbeddedReplicas.start(
            count, types: types, electionTimeout: electionTimeout, onLog: onLog)
        do throws(NodeError) {
            let client = try await replicas.client(within: timeout, recordsOrigins: recordsOrigins)
            return Cluster(client: client, replicas: replicas)
        } catch {
            await replicas.shutdown()
            throw error
        }
    }
}

extension EmbeddedReplicas {
    /// Another client of these servers, with an id of its own.
    ///
    /// Shut it down as any node. It shares the types of the servers, so that they host what it
    /// names, unless it is given types of its own.
    ///
    /// - Throws: ``NodeError`` with code `unreachable` where the servers elect nobody in time.
    public func client(
        types: TypeRegistry? = nil, within timeout: Duration = .seconds(10),
        recordsOrigins: Bool = true
    ) async throws(NodeError) -> Node {
        var options = NodeOptions(voters: voters)
        options.recordsOrigins = recordsOrigins
        let client = try Node.start(options, types: types ?? self.types)
        do throws(NodeError) {
            try await client.waitUntil(within: timeout) { $0.serving != 0 }
        } catch {
            await client.shutdown()
            throw error
        }
        return client
    }
}
