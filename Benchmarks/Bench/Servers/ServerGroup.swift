import FaultTools
import Foundation

/// The servers of a run: real `adod` processes on loopback, each with a fresh directory.
final class ServerGroup: Sendable {
    let addresses: [ServerAddress]
    let clusterName: String
    private let group: ProcessGroup
    private let program: String
    private let electionTimeout: Int
    private let snapshotBytes: UInt64
    private let traces: Bool
    /// The links between the servers, where the scenario breaks some.
    let network: Network?
    /// The disks of the servers, where the scenario spoils some.
    let disk: ShimmedDisk?
    /// Room on the disks, where the scenario fills some.
    let rooms: DiskRooms?

    /// Mebibytes of each trace, which are read into memory at the end.
    static let traceLimit = 256

    /// Formats the directories; starts nothing yet.
    init(_ options: RunOptions) throws(BenchError) {
        program = try Self.findProgram(options)
        addresses = try zip(1..., Ports.free(options.replicas)).map {
            ServerAddress(node: UInt64($0), host: "127.0.0.1", port: $1)
        }
        clusterName = "bench-\(UInt32.random(in: 0...UInt32.max))"
        electionTimeout = options.electionTimeoutMilliseconds
        snapshotBytes = options.snapshotBytes
        traces = options.traces
        group = try ProcessGroup(named: clusterName, options)
        let trouble = options.scenario.trouble
        network = trouble.usesLinks ? try Self.network(addresses) : nil
        disk = trouble.usesDisks ? try Self.disk(in: group.folder.path) : nil
        rooms = try Self.rooms(trouble, disk, addresses.map(\.node), in: group.folder)
    }

    private static func rooms(
        _ trouble: Trouble, _ disk: ShimmedDisk?, _ nodes: [UInt64], in folder: URL
    ) throws(BenchError) -> DiskRooms? {
        guard let disk, case .fullDisk = trouble else { return nil }
        return try DiskRooms(disk, nodes) { node in
            folder.appendingPathComponent("node-\(node)/data.mdb").path
        }
    }

    private static func network(_ addresses: [ServerAddress]) throws(BenchError) -> Network {
        do {
            return try Network(
                Dictionary(uniqueKeysWithValues: addresses.map { ($0.node, $0.port) }))
        } catch {
            throw BenchError("cannot make links between the servers: \(error)")
        }
    }

    private static func disk(in folder: String) throws(BenchError) -> ShimmedDisk {
        let shim = "\(folder)/disk.so"
        do throws(ShimSource.Failure) {
            try ShimSource.library("disk", to: shim)
        } catch {
            throw BenchError("cannot make the library that spoils disks: \(error)")
        }
        return ShimmedDisk(in: folder, shim: shim)
    }

    /// Where a server finds another one.
    private func address(of peer: ServerAddress, seenBy node: UInt64) -> String {
        let link = network?.port(from: node, to: peer.node)
        return link.map { "\(peer.host):\($0)" } ?? peer.hostAndPort
    }

    /// Formats and starts every server.
    func start() async throws(BenchError) {
        for address in addresses { try await format(address.node) }
        for address in addresses { try start(address.node) }
    }

    /// Starts one server on its own directory, for the first time or again.
    func start(_ node: UInt64) throws(BenchError) {
        let peers = addresses.map { "\($0.node)=\(address(of: $0, seenBy: node))" }
            .joined(separator: ",")
        var arguments = [
            "--cluster", clusterName, "--node", "\(node)", "--peers", peers,
            "--data", directory(node), "--election-timeout-ms", "\(electionTimeout)",
            "--snapshot-bytes", "\(snapshotBytes)",
        ]
        if let trace = trace("node-\(node)") {
            arguments += ["--trace", trace, "--trace-limit", "\(Self.traceLimit)"]
        }
        try group.start(node, program, arguments, more: disk?.environment(of: node) ?? [:])
    }

    var folder: URL { group.folder }

    /// The process of a server, dead or alive.
    func process(_ node: UInt64) -> ServerProcess? { group.process(node) }

    /// Sends a signal to a server; throws if it ended by itself.
    func signal(_ number: Int32, to node: UInt64) throws(BenchError) {
        try group.signal(number, to: node)
    }

    /// Waits until a server is gone that was signalled; throws if something else ended it.
    func collect(_ node: UInt64, after number: Int32, seconds: Double) async throws(BenchError) {
        try await group.collect(node, after: number, seconds: seconds)
    }

    /// Throws if a server ended that nobody killed, with the end of its log.
    func checkAlive(except victim: UInt64? = nil) throws(BenchError) {
        try group.checkAlive(addresses.map(\.node), except: victim)
    }

    /// Ends every server, by force if it does not end in time, and deletes the directories.
    ///
    /// - Returns: why one of them was not well to the end; nil if all were.
    func stop() async -> BenchError? {
        rooms?.end()
        return await group.stop()
    }

    /// Ends every server now: for a signal handler's thread.
    func killAll() { group.killAll() }

    func directory(_ node: UInt64) -> String { group.directory(node) }

    /// Where a node of the run writes what it does; nil if none does.
    func trace(_ name: String) -> String? {
        traces ? folder.appendingPathComponent("\(name).trace").path : nil
    }

    func log(_ node: UInt64) -> String { group.log(node) }

    private func format(_ node: UInt64) async throws(BenchError) {
        let process = try ServerProcess(
            program,
            ["format", "--cluster", clusterName, "--node", "\(node)", "--data", directory(node)],
            log: log(node), more: disk?.environment(of: node) ?? [:])
        let ended = await process.waitForEnd(seconds: 30)
        guard ended, process.poll() == .exited(0) else {
            process.signal(SIGKILL)
            throw BenchError(
                """
                formatting \(directory(node)) failed: it \(process.poll()). The end of its log:
                \(tail(of: log(node)))
                """)
        }
    }

    private static func findProgram(_ options: RunOptions) throws(BenchError) -> String {
        if let given = options.adod {
            guard access(given, X_OK) == 0 else {
                throw .usage("--adod \(given) is not a program that can be run.")
            }
            return given
        }
        return try Self.program("adod")
    }

    /// A program that lies beside this one.
    static func program(_ name: String) throws(BenchError) -> String {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let beside = URL(fileURLWithPath: own).deletingLastPathComponent()
            .appendingPathComponent(name).path
        guard access(beside, X_OK) == 0 else {
            let flag = name == "adod" ? ", or give --adod PATH" : ""
            throw BenchError(
                "there is no \(name) beside \(own): build it with `swift build`\(flag).")
        }
        return beside
    }
}
