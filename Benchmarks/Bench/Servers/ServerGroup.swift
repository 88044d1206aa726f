import FaultTools
import Foundation
import Synchronization

/// The servers of a run: real `adod` processes on loopback, each with a fresh directory.
final class ServerGroup: Sendable {
    let addresses: [ServerAddress]
    let clusterName: String
    let folder: URL
    private let program: String
    private let electionTimeout: Int
    private let snapshotBytes: UInt64
    private let keep: Bool
    private let traces: Bool
    /// The links between the servers, where the scenario breaks some.
    let network: Network?
    /// The disks of the servers, where the scenario spoils some.
    let disk: ShimmedDisk?
    /// The part of a core that each server gets; nil for as much as there is.
    private let quota: CPUQuota?
    /// Room on the disks, where the scenario fills some.
    let rooms: DiskRooms?
    private let groups = Mutex<[UInt64: CPUQuota.Group]>([:])
    private let processes = Mutex<[UInt64: ServerProcess]>([:])

    /// Mebibytes of each trace, which are read into memory at the end.
    static let traceLimit = 256

    /// Formats the directories; starts nothing yet.
    init(_ options: RunOptions) throws(BenchError) {
        program = try Self.findProgram(options)
        quota = try options.quota.map { (percent) throws(BenchError) in
            try CPUQuota(percent: percent)
        }
        addresses = try zip(1..., Ports.free(options.replicas)).map {
            ServerAddress(node: UInt64($0), host: "127.0.0.1", port: $1)
        }
        clusterName = "bench-\(UInt32.random(in: 0...UInt32.max))"
        electionTimeout = options.electionTimeoutMilliseconds
        snapshotBytes = options.snapshotBytes
        keep = options.keep
        traces = options.traces
        let parent =
            options.data.map { URL(fileURLWithPath: $0) }
            ?? FileManager.default.temporaryDirectory
        folder = parent.appendingPathComponent("adobench-\(clusterName)")
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw BenchError(
                "cannot make the directory \(folder.path): choose another with --data.")
        }
        let trouble = options.scenario.trouble
        network = trouble.usesLinks ? try Self.network(addresses) : nil
        disk = trouble.usesDisks ? try Self.disk(in: folder.path) : nil
        rooms = try Self.rooms(trouble, disk, addresses.map(\.node), in: folder)
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
        let process = try ServerProcess(
            program, arguments, log: log(node), more: disk?.environment(of: node) ?? [:])
        processes.withLock { $0[node] = process }
        guard let quota else { return }
        let group = try quota.group("adobench-\(clusterName)-\(node)")
        groups.withLock { $0[node] = group }
        try group.take(process.pid)
    }

    /// The process of a server, dead or alive.
    func process(_ node: UInt64) -> ServerProcess? { processes.withLock { $0[node] } }

    /// Throws if a server ended that nobody killed, with the end of its log.
    func checkAlive(except victim: UInt64? = nil) throws(BenchError) {
        for address in addresses where address.node != victim {
            guard let state = process(address.node)?.poll(), state != .running else { continue }
            throw BenchError(
                """
                node \(address.node) \(state) while it was needed. The end of its log \
                (\(log(address.node))):
                \(tail(of: log(address.node)))
                """)
        }
    }

    /// Ends every server, by force if it does not end in time, and deletes the directories.
    func stop() async {
        let running = processes.withLock { Array($0.values) }
        for process in running {
            process.signal(SIGCONT)
            process.signal(SIGTERM)
        }
        for process in running where await !process.waitForEnd(seconds: 5) {
            process.signal(SIGKILL)
            _ = await process.waitForEnd(seconds: 5)
        }
        rooms?.end()
        removeGroups()
        guard !keep else { return }
        try? FileManager.default.removeItem(at: folder)
    }

    private func removeGroups() {
        groups.withLock { groups in
            for group in groups.values { group.remove() }
            groups = [:]
        }
    }

    /// Ends every server now: for a signal handler's thread.
    func killAll() {
        processes.withLock { processes in
            for process in processes.values { process.signal(SIGKILL) }
            // A control group can be removed only when what was in it is gone.
            for process in processes.values where quota != nil { process.collect() }
        }
        removeGroups()
        guard !keep else { return }
        try? FileManager.default.removeItem(at: folder)
    }

    func directory(_ node: UInt64) -> String {
        folder.appendingPathComponent("node-\(node)").path
    }

    /// Where a node of the run writes what it does; nil if none does.
    func trace(_ name: String) -> String? {
        traces ? folder.appendingPathComponent("\(name).trace").path : nil
    }

    func log(_ node: UInt64) -> String {
        folder.appendingPathComponent("node-\(node).log").path
    }

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

/// The last lines of a file.
func tail(of path: String, lines: Int = 12) -> String {
    guard let data = FileManager.default.contents(atPath: path), !data.isEmpty else {
        return "    (empty)"
    }
    return String(decoding: data.suffix(8192), as: UTF8.self)
        .split(separator: "\n").suffix(lines).map { "    " + $0 }.joined(separator: "\n")
}
