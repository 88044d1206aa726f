import Foundation
import Synchronization

/// The processes of a run, each with a fresh directory and a log, below one folder.
final class ProcessGroup: Sendable {
    let folder: URL
    private let name: String
    private let keep: Bool
    /// The part of a core that each process gets; nil for as much as there is.
    private let quota: CPUQuota?
    private let limits = Mutex<[UInt64: CPUQuota.Group]>([:])
    private let processes = Mutex<[UInt64: ServerProcess]>([:])

    /// Makes the folder; starts nothing yet.
    init(named name: String, _ options: RunOptions) throws(BenchError) {
        self.name = name
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
        delete()
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
