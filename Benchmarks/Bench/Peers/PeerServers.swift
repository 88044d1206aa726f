import Foundation

/// The servers of a peer, and the process that speaks for the load where one is needed.
final class PeerServers: Sendable {
    let peer: Peer
    /// From 1.
    let nodes: [UInt64]
    /// Where clients of the peer connect, in the order of `nodes`.
    let ports: [UInt16]
    /// What the peer's program says it is.
    let version: String
    private let group: ProcessGroup
    private let program: String
    private let settings: PeerSettings
    /// Where members of etcd hear each other.
    private let innerPorts: [UInt16]
    /// The program that speaks gRPC, and where it listens.
    private let speaker: (program: String, port: UInt16)?

    /// The number of the process that speaks for the load, beside those of the servers.
    static let speakerNode: UInt64 = 0

    /// Finds the programs and makes the folder; starts nothing yet.
    init(_ peer: Peer, _ options: RunOptions) async throws(BenchError) {
        self.peer = peer
        program = try peer.findProgram()
        let count = peer.servers(options.replicas)
        let found = try Ports.free(2 * count + 1)
        nodes = Array(1...UInt64(count))
        ports = Array(found[..<count])
        innerPorts = Array(found[count..<2 * count])
        settings = PeerSettings(options)
        speaker =
            peer == .etcd ? (try EtcdSpeaker.findProgram(options.etcdLoad), found[2 * count]) : nil
        let name = "\(peer.rawValue)-\(UInt32.random(in: 0...UInt32.max))"
        // Programs in Go end by the signal itself once they are done.
        group = try ProcessGroup(
            named: name, options, orderlyEnds: [.exited(0), .killed(SIGTERM)])
        version = try await Self.version(program, group)
    }

    /// The port that the load connects to.
    var loadPort: UInt16 { speaker?.port ?? ports[0] }

    var folder: URL { group.folder }

    /// The first line of what the program says of itself.
    private static func version(
        _ program: String, _ group: ProcessGroup
    ) async throws(BenchError) -> String {
        let log = "\(group.folder.path)/version"
        let process = try ServerProcess(program, ["--version"], log: log)
        guard await process.waitForEnd(seconds: 10) else {
            process.signal(SIGKILL)
            throw BenchError("\(program) --version did not end.")
        }
        let bytes = FileManager.default.contents(atPath: log) ?? Data()
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        return lines.first.map(String.init) ?? "unknown"
    }

    /// Starts every server, and what speaks for the load.
    func start() throws(BenchError) {
        for node in nodes { try start(node) }
        guard let speaker else { return }
        let endpoints = ports.map { "\($0)" }
        try group.start(
            Self.speakerNode, speaker.program,
            ["\(speaker.port)", "\(settings.callTimeout)"] + endpoints)
    }

    /// Starts one server on its own directory, for the first time or again.
    func start(_ node: UInt64) throws(BenchError) {
        do {
            try FileManager.default.createDirectory(
                atPath: group.directory(node), withIntermediateDirectories: true)
        } catch {
            throw BenchError("cannot make the directory \(group.directory(node)).")
        }
        try group.start(node, program, arguments(node))
    }

    /// What the program of a node is started with.
    func arguments(_ node: UInt64) -> [String] {
        let position = Int(node) - 1
        switch peer {
        case .redis, .redisWait:
            return settings.redis(
                port: ports[position], directory: group.directory(node),
                owner: position == 0 ? nil : ports[0])
        case .etcd:
            return settings.etcd(
                node, directory: group.directory(node), port: ports[position],
                inner: innerPorts)
        }
    }

    func pid(_ node: UInt64) throws(BenchError) -> Int32 {
        guard let process = group.process(node) else {
            throw BenchError("node \(node) was never started.")
        }
        return process.pid
    }

    /// CPU seconds of a process; nil if it is gone.
    func cpu(_ node: UInt64) -> Double? { group.process(node).flatMap { cpuSeconds(of: $0.pid) } }

    func signal(_ number: Int32, to node: UInt64) throws(BenchError) {
        try group.signal(number, to: node)
    }

    /// Waits until a server is gone that was signalled; throws if something else ended it.
    func collect(_ node: UInt64, after number: Int32) async throws(BenchError) {
        try await group.collect(node, after: number, seconds: 10)
    }

    func checkAlive() throws(BenchError) {
        try group.checkAlive(nodes + (speaker == nil ? [] : [Self.speakerNode]))
    }

    func stop() async -> BenchError? { await group.stop() }

    func killAll() { group.killAll() }
}

// MARK: - What the servers say

extension PeerServers {
    /// Who leads, in which term; a server of Redis is told who does.
    struct Leader: Sendable, Equatable {
        var node: UInt64
        var term: UInt64
    }

    /// The leader with the highest term that some server claims to be.
    func leader() async -> Leader? {
        guard peer == .etcd else { return Leader(node: 1, term: 0) }
        var best: Leader?
        for node in nodes {
            guard let term = await EtcdSpeaker.termLed(by: node, loadPort) else { continue }
            if term > best?.term ?? 0 { best = Leader(node: node, term: term) }
        }
        return best
    }

    /// Waits until calls can be answered as the run wants them.
    func waitUntilReady(seconds: Double) async throws(BenchError) {
        let deadline = monotonicNow() + UInt64(seconds * 1e9)
        while true {
            try checkAlive()
            if await isReady() { return }
            guard monotonicNow() < deadline else {
                throw BenchError(
                    """
                    \(peer.rawValue) was not ready after \(Int(seconds)) s. The end of the log of \
                    node 1 (\(group.log(1))):
                    \(tail(of: group.log(1)))
                    """)
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    private func isReady() async -> Bool {
        let replicas = nodes.count - 1
        return switch peer {
        case .etcd: await leader() != nil
        case .redis: await redis(["PING"]) == .simple(1..<5)
        case .redisWait: await redis(["WAIT", "\(replicas)", "100"]) == .integer(Int64(replicas))
        }
    }

    private func redis(_ words: [String]) async -> RESP? {
        var output: [UInt8] = []
        RedisWire.command(words, to: &output)
        return await PeerQuestion.ask(ports[0], output, milliseconds: 1000) { bytes in
            try? bytes.withUnsafeBytes { try RESP.read($0, from: 0)?.reply }
        }
    }
}
