import Foundation
import Synchronization

/// The processes of a run, each with a fresh directory and a log, below one folder.
final class ProcessGroup: Sendable {
    let folder: URL
    private let name: String
    private let keep: Bool
    /// How a process ends that was asked to.
    private let orderlyEnds: [ServerProcess.State]
    /// The part of a core that each process gets; nil for as much as there is.
    private let quota: CPUQuota?
    private let limits = Mutex<[UInt64: CPUQuota.Group]>([:])
    private let processes = Mutex<[UInt64: ServerProcess]>([:])

    /// Makes the folder; starts nothing yet.
    init(
        named name: String, _ options: RunOptions,
        orderlyEnds: [ServerProcess.State] = [.exited(0)]
    ) throws(BenchError) {
        self.name = name
        self.orderlyEnds = orderlyEnds
        keep = options.keep
        quota = try options.quota.map { (percent) throws(BenchError) in
            try CPUQuota(percent: percent)
        }
        let parent =
            options.data.map { URL(fileURLWithPath: $0) }
            ?? FileManager.default.temporaryDirectory
        folder = parent.appendingPathComponent("adobench-\(name)")
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw BenchError(
                "cannot make the directory \(folder.path): choose another with --data.")
        }
    }

    /// Starts the program of a node, for the first time or again.
    func start(
        _ node: UInt64, _ program: String, _ arguments: [String], more: [String: String] = [:]
    ) throws(BenchError) {
        let process = try ServerProcess(program, arguments, log: log(node), more: more)
        processes.withLock { $0[node] = process }
        guard let quota else { return }
        let limit = try quota.group("adobench-\(name)-\(node)")
        limits.withLock { $0[node] = limit }
        try limit.take(process.pid)
    }

    /// The process of a node, dead or alive.
    func process(_ node: UInt64) -> ServerProcess? { processes.withLock { $0[node] } }

    /// Sends a signal to a process; throws if there is none any more, as one that ended by itself
    /// is no victim of ours.
    func signal(_ number: Int32, to node: UInt64) throws(BenchError) {
        try checkAlive([node])
        process(node)?.signal(number)
    }

    /// Waits until a process is gone that was signalled; throws if something else ended it.
    func collect(_ node: UInt64, after number: Int32, seconds: Double) async throws(BenchError) {
        guard let process = process(node) else { return }
        let signal = number == SIGKILL ? "SIGKILL" : "SIGTERM"
        guard await process.waitForEnd(seconds: seconds) else {
            throw BenchError(
                "node \(node) did not end within \(Int(seconds)) s of \(signal).",
                status: .invalid)
        }
        let state = process.poll()
        guard !(number == SIGKILL ? [.killed(SIGKILL)] : orderlyEnds).contains(state) else {
            return
        }
        throw BenchError(
            """
            node \(node) \(state), which is not how \(signal) ends it. The end of its log \
            (\(log(node))):
            \(tail(of: log(node)))
            """, status: .invalid)
    }

    /// Throws if a process ended that nobody killed, with the end of its log.
    func checkAlive(_ nodes: [UInt64], except victim: UInt64? = nil) throws(BenchError) {
        for node in nodes where node != victim {
            guard let state = process(node)?.poll(), state != .running else { continue }
            throw BenchError(
                """
                node \(node) \(state) while it was needed. The end of its log (\(log(node))):
                \(tail(of: log(node)))
                """)
        }
    }

    /// Ends every process, by force if it does not end in time, and deletes the directories.
    ///
    /// - Returns: why one of them ended by itself before, or ended in another way than it should;
    ///   nil if all were well to the end.
    func stop() async -> BenchError? {
        let running = processes.withLock { $0 }.sorted { $0.key < $1.key }
        var complaint: BenchError?
        do throws(BenchError) { try checkAlive(running.map(\.key)) } catch { complaint = error }
        for (_, process) in running {
            process.signal(SIGCONT)
            process.signal(SIGTERM)
        }
        for (node, process) in running {
            do throws(BenchError) {
                try await collect(node, after: SIGTERM, seconds: 10)
            } catch {
                complaint = complaint ?? error
            }
            process.signal(SIGKILL)
            _ = await process.waitForEnd(seconds: 5)
        }
        delete()
        return complaint
    }

    /// Ends every process now: for a signal handler's thread.
    func killAll() {
        processes.withLock { processes in
            for process in processes.values { process.signal(SIGKILL) }
            // A control group can be removed only when what was in it is gone.
            for process in processes.values where quota != nil { process.collect() }
        }
        delete()
    }

    func directory(_ node: UInt64) -> String {
        folder.appendingPathComponent("node-\(node)").path
    }

    func log(_ node: UInt64) -> String {
        folder.appendingPathComponent("node-\(node).log").path
    }

    private func delete() {
        limits.withLock { limits in
            for limit in limits.values { limit.remove() }
            limits = [:]
        }
        guard !keep else { return }
        try? FileManager.default.removeItem(at: folder)
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
