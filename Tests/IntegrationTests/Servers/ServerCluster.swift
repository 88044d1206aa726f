import ADO
import FaultTools
import Foundation
import MultiPaxos
import Synchronization
import TestSupport

/// Real `adod` processes on free ports with fresh directories, which a test may kill and start.
final class ServerCluster: Sendable {
    /// What every server of the cluster is formatted with.
    static let name = "integration"

    /// Where the servers' directories are, and what a shim writes.
    let directory: TemporaryDirectory

    /// The links between the servers, if there are any; otherwise they are connected as they are.
    let links: Network?

    private let program: String
    private let ports: [UInt16]
    private let edit: @Sendable ([String]) -> [String]
    private let environment: @Sendable (UInt64) -> [String: String]
    private let servers = Mutex<[UInt64: ChildProcess]>([:])
    private let ended = Mutex<[UInt64: String]>([:])

    /// The ids of all servers, running or not.
    var nodes: [UInt64] { (1...UInt64(ports.count)).map { $0 } }

    private init(
        _ program: String, _ ports: [UInt16], _ links: Network?, in directory: TemporaryDirectory,
        _ environment: @escaping @Sendable (UInt64) -> [String: String],
        _ edit: @escaping @Sendable ([String]) -> [String]
    ) {
        self.program = program
        self.ports = ports
        self.edit = edit
        self.links = links
        self.directory = directory
        self.environment = environment
    }

    /// Starts a cluster.
    ///
    /// With `links`, what servers and clients send each other passes through ``links``.
    /// `started` says which servers start at once, all of them if nil; `environment`, given a node,
    /// what its process gets besides this one's; `edit` changes the arguments that servers are
    /// started with. `program` is a path, of `adod` if nil.
    static func start(
        _ program: String? = nil, replicas: Int = 3, links: Bool = false,
        in directory: TemporaryDirectory, started: [UInt64]? = nil,
        environment: @escaping @Sendable (UInt64) -> [String: String] = { _ in [:] },
        edit: @escaping @Sendable ([String]) -> [String] = { $0 }
    ) async throws -> ServerCluster {
        let ports = try Loopback.freePorts(replicas)
        let numbered = ports.enumerated().map { (UInt64($0) + 1, $1) }
        let network = links ? try Network(Dictionary(uniqueKeysWithValues: numbered)) : nil
        let cluster = ServerCluster(
            program ?? Products.path("adod"), ports, network, in: directory, environment, edit)
        for node in cluster.nodes {
            try Node.format(directory: cluster.data(of: node), cluster: name, node: node)
        }
        try await cluster.restart(started ?? cluster.nodes)
        return cluster
    }

    /// The voting directory of a server.
    func data(of node: UInt64) -> String { directory.path("node-\(node)") }

    /// The port of a server.
    func port(of node: UInt64) -> UInt16 { ports[Int(node) - 1] }

    /// The servers as an argument of adod.
    var peers: String { peers(seenBy: nil) }

    /// The servers where one of them finds them.
    private func peers(seenBy node: UInt64?) -> String {
        nodes.map { peer in
            let link = node.flatMap { links?.port(from: $0, to: peer) }
            return "\(peer)=127.0.0.1:\(link ?? port(of: peer))"
        }.joined(separator: ",")
    }

    /// The arguments with which a server is started.
    func arguments(of node: UInt64) -> [String] {
        edit(
            ["--cluster", Self.name, "--node", "\(node)", "--peers", peers(seenBy: node)]
                + ["--data", data(of: node)])
    }

    /// What a server has printed on its standard error, over all its lives.
    func log(of node: UInt64) -> String {
        let before = ended.withLock { $0[node] ?? "" }
        return before + (servers.withLock { $0[node]?.standardError } ?? "")
    }
}

// MARK: - Lives and deaths

extension ServerCluster {
    /// Starts servers that are not running, and waits until they listen.
    func restart(_ nodes: [UInt64]) async throws {
        for node in nodes { try launch(node) }
        for node in nodes { try await waitUntilReady(node) }
    }

    /// The process of a server that runs.
    func process(of node: UInt64) -> ChildProcess? { servers.withLock { $0[node] } }

    /// Sends a signal to a server.
    func send(_ signal: Int32, to node: UInt64) {
        servers.withLock { $0[node] }?.send(signal)
    }

    /// Stops servers, as SIGSTOP does, and waits until none of their threads runs any more.
    func pause(_ nodes: [UInt64]) async throws {
        for node in nodes { try await process(of: node)?.pause() }
    }

    /// Kills servers at once, as `kill -9` does, and waits for their end.
    func kill(_ nodes: [UInt64]) async throws {
        for node in nodes { send(SIGKILL, to: node) }
        for node in nodes { _ = try await waitForEnd(of: node) }
    }

    /// Asks every server to stop, and waits for their end.
    func stop() async throws {
        let running = servers.withLock { Array($0.keys) }
        for node in running { send(SIGTERM, to: node) }
        for node in running {
            let exit = try await waitForEnd(of: node)
            if exit != .status(0) { throw UncleanStop(node: node, exit: exit, log: log(of: node)) }
        }
    }

    /// A server that was asked to stop did not do so in order.
    struct UncleanStop: Error {
        let node: UInt64
        let exit: ChildProcess.Exit
        let log: String
    }

    /// Waits until a server has ended by itself, and says how.
    func waitForEnd(of node: UInt64) async throws -> ChildProcess.Exit {
        guard let server = servers.withLock({ $0[node] }) else { return .status(0) }
        let exit = try await server.exit()
        servers.withLock { $0[node] = nil }
        ended.withLock { $0[node, default: ""] += server.standardError }
        return exit
    }

    private func launch(_ node: UInt64) throws {
        let server = try ChildProcess(
            program, arguments(of: node), environment: environment(node))
        servers.withLock { $0[node] = server }
    }

    private func waitUntilReady(_ node: UInt64) async throws {
        guard let server = servers.withLock({ $0[node] }) else { return }
        try await poll(until: "node \(node) is ready") {
            if !server.isRunning { throw DidNotStart(node: node, log: server.standardError) }
            return (server.standardOutput + server.standardError).contains("listens on")
        }
    }

    /// A server ended before it was ready.
    struct DidNotStart: Error {
        let node: UInt64
        let log: String
    }
}

// MARK: - Clients

extension ServerCluster {
    /// The options of a client of this cluster.
    ///
    /// - Parameter reachable: The servers it can reach; all of them if nil. Where the others should
    ///   be, nothing listens.
    func clientOptions(reaching reachable: [UInt64]? = nil) throws -> NodeOptions {
        let nowhere = try Loopback.freePorts(1)[0]
        let voters = nodes.map { node in
            let isReachable = reachable?.contains(node) ?? true
            return NodeOptions.Voter(
                node: node, host: "127.0.0.1",
                port: isReachable ? links?.entrance(of: node) ?? port(of: node) : nowhere)
        }
        return NodeOptions(cluster: Self.name, voters: voters)
    }

    /// Runs `body` with a client, and shuts it down afterwards.
    func withClient<Result>(
        _ options: NodeOptions? = nil, isolation: isolated (any Actor)? = #isolation,
        _ body: (Cluster) async throws -> Result
    ) async throws -> Result {
        let client = try await Cluster.connect(options ?? clientOptions())
        do {
            let result = try await body(client)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }

    /// Writes until every server has trimmed the log of an object beyond an entry.
    func writeUntilTrimmed(
        _ object: ObjectName, beyond index: UInt64, _ client: Cluster,
        write: () async throws -> Void
    ) async throws {
        try await poll(until: "every server has trimmed \(object) beyond entry \(index)") {
            for _ in 0..<20 { try await write() }
            for node in nodes {
                let status = try? await client.client.status(of: object, on: node)
                guard let status, status.trimmed > index else { return false }
            }
            return true
        }
    }

    /// Waits until a server owns the object and nobody promised a higher ballot, and says which.
    ///
    /// A server that has just resumed may still believe that it owns what another one took over.
    func owner(of object: ObjectName, _ client: Cluster) async throws -> UInt64 {
        try await poll(for: "somebody owns \(object)") {
            var seen: [(node: UInt64, status: ObjectStatus)] = []
            for node in nodes {
                let status = try? await client.client.status(
                    of: object, on: node, timeout: .milliseconds(200))
                if let status { seen.append((node, status)) }
            }
            let highest = seen.map(\.status.promised).max()
            return seen.first {
                $0.status.role == .owning && $0.status.isReady && $0.status.owner == highest
            }?.node
        }
    }

    /// The highest ballot that a reachable server has promised for the object.
    func ballot(of object: ObjectName, _ client: Cluster) async throws -> Ballot? {
        var highest: Ballot?
        for node in nodes {
            let status = try? await client.client.status(of: object, on: node)
            highest = [highest, status?.promised].compactMap { $0 }.max()
        }
        return highest
    }

    /// Waits until all servers have named the same one to serve for three election timeouts.
    ///
    /// The first to listen serves until a better connected one is known.
    func waitUntilSettled(
        _ client: Cluster, for time: Duration = .milliseconds(600)
    ) async throws {
        var since = ContinuousClock.now
        var agreed: Set<UInt64> = []
        try await poll(until: "the servers agree who serves") {
            var serving: Set<UInt64> = []
            for node in nodes {
                // The client may not be connected to all of them yet.
                serving.insert((try? await client.client.status(of: node).serving) ?? 0)
            }
            if serving != agreed || serving.count != 1 || serving == [0] { since = .now }
            agreed = serving
            return .now - since > time
        }
    }

    /// Waits until every other server is connected to this one.
    func waitUntilConnected(to node: UInt64, _ client: Cluster) async throws {
        for other in nodes where other != node {
            try await poll(until: "node \(other) is connected to node \(node)") {
                let status = try? await client.client.status(of: other)
                return status?.peers.first { $0.node == node }?.isConnected ?? false
            }
        }
    }

    /// Waits until every server has applied as much of the object's log as the others, with the
    /// same results.
    func waitUntilAgreed(
        on object: ObjectName, _ client: Cluster, at some: [UInt64]? = nil
    ) async throws {
        var seen: [ObjectStatus?] = []
        do {
            try await poll(until: "all replicas of \(object) agree") {
                seen = []
                for node in some ?? nodes {
                    seen.append(try? await client.client.status(of: object, on: node))
                }
                guard seen.allSatisfy({ $0?.quarantine == nil }) else {
                    throw disagreement(seen)
                }
                return Set(seen.map { $0.map { [$0.commit, $0.applied, $0.digest] } }).count == 1
            }
        } catch {
            throw disagreement(seen)
        }
    }

    /// The replicas of an object did not come to agree in time.
    struct Disagreement: Error {
        let seen: [ObjectStatus?]
        /// The last of what each server said.
        let logs: [String]
    }

    private func disagreement(_ seen: [ObjectStatus?]) -> Disagreement {
        let logs = nodes.map { node in
            log(of: node).split(separator: "\n").suffix(12).joined(separator: "\n")
        }
        return Disagreement(seen: seen, logs: logs)
    }
}
