import Foundation

/// What a run loads.
package enum Target: String, Sendable, Codable, CaseIterable {
    /// Servers of this project.
    case ado
    /// The bare pipeline: the same processes, flushes and majorities without protocol, objects and
    /// sessions, so that a figure has a ceiling from the same minutes.
    case pipeline
    /// Other systems, under the same load.
    case redis
    case redisWait = "redis-wait"
    case etcd

    /// The other system; nil if it is ours.
    var peer: Peer? { Peer(rawValue: rawValue) }
}

/// `adobench run --target pipeline`, as `--json` writes it.
struct PipelineReport: Codable, Sendable, Equatable {
    var target = Target.pipeline
    var in_flight: Int
    var batch: Int
    var window: Int
    var value_bytes: Int
    var seconds: Double
    var throughput_ops_s: Double
    var latency_us: Latency
    /// Durable commits of the owner's log.
    var commits_s: Double
    var machine: RunReport.Machine
    var commit: String?

    struct Latency: Codable, Sendable, Equatable {
        var p50: UInt64
        var p99: UInt64
    }

    var lines: [String] {
        [
            "adobench: bare pipeline, 3 processes, \(grouped(UInt64(in_flight))) in flight in "
                + "blocks of \(batch), \(value_bytes) B values, \(tenths(seconds)) s on "
                + "\(machine.cores) cores",
            "",
            "  throughput   \(grouped(UInt64(throughput_ops_s))) operations/s",
            "  latency      p50 \(milliseconds(latency_us.p50))  p99 "
                + milliseconds(latency_us.p99),
            "  commits      \(grouped(UInt64(commits_s))) durable commits/s of the owner",
        ]
    }
}

/// Runs the program of the bare pipeline, which lies beside this one.
struct PipelineTarget: Sendable {
    let options: RunOptions

    /// One line that the program prints.
    private struct Line: Decodable {
        var throughput_ops_s: Double
        var p50_us: UInt64
        var p99_us: UInt64
        var commits_s: Double
    }

    /// Two blocks are under way, so that one is flushed while the next is gathered.
    private var window: Int { min(2, options.inFlight) }
    private var batch: Int { max(1, options.inFlight / window) }

    func run() async throws(BenchError) -> PipelineReport {
        let program = try ServerGroup.program("pipeline")
        let parent = options.data ?? FileManager.default.temporaryDirectory.path
        let folder = "\(parent)/adobench-pipeline-\(UInt32.random(in: 0...UInt32.max))"
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw BenchError("cannot make the directory \(folder): choose another with --data.")
        }
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let log = "\(folder)/output"
        let process = try ServerProcess(
            program,
            [
                folder, "\(batch)", "\(window)", "\(options.valueBytes)", "\(options.seconds)",
                "\(options.warmup)",
            ], log: log)
        let ended = await process.waitForEnd(seconds: options.seconds + options.warmup + 30)
        guard ended, process.poll() == .exited(0) else {
            process.signal(SIGKILL)
            throw BenchError(
                """
                the bare pipeline \(process.poll()). The end of its output:
                \(tail(of: log))
                """)
        }
        return try report(log)
    }

    private func report(_ log: String) throws(BenchError) -> PipelineReport {
        let line = try JSONFile.read(Line.self, from: log)
        return PipelineReport(
            in_flight: batch * window, batch: batch, window: window,
            value_bytes: options.valueBytes, seconds: options.seconds,
            throughput_ops_s: line.throughput_ops_s,
            latency_us: PipelineReport.Latency(p50: line.p50_us, p99: line.p99_us),
            commits_s: line.commits_s, machine: .current(), commit: currentCommit())
    }
}
