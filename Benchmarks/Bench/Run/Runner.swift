import ADOObjects
import Dispatch
import Foundation

/// `adobench run`: as many runs as asked for, each with fresh servers.
package enum Runner {
    /// Runs, prints, and returns the exit status.
    package static func run(_ options: RunOptions) async -> ExitStatus {
        let progress = Progress()
        do throws(BenchError) {
            try options.validate()
            if let path = options.json { try JSONFile.checkWritable(path) }
            guard options.target != .pipeline else { return try await runPipeline(options) }
            return try await runAll(options, progress)
        } catch {
            progress.line("adobench: \(error)")
            return error.status
        }
    }

    private static func runPipeline(_ options: RunOptions) async throws(BenchError) -> ExitStatus {
        let report = try await PipelineTarget(options: options).run()
        print(report.lines.joined(separator: "\n"))
        if let path = options.json { try JSONFile.write(report, to: path) }
        return .proved
    }

    private static func runAll(
        _ options: RunOptions, _ progress: Progress
    ) async throws(BenchError) -> ExitStatus {
        var reports: [RunReport] = []
        // Where windows take turns, one run has all of them.
        for number in 1...(options.interleave == nil ? options.repeats : 1) {
            let report = try await runOnce(options, progress)
            reports.append(report)
            if options.repeats > 1, options.interleave == nil {
                progress.line(report.line(run: number, of: options.repeats))
            }
        }
        guard let report = RunReport.middle(of: reports) else { return .unusable }
        progress.line("")
        let lines =
            TextReport(report: report).lines() + (report.repeat?.lines() ?? [])
            + (report.windows?.lines() ?? [])
        print(lines.joined(separator: "\n"))
        if let path = options.json { try JSONFile.write(report, to: path) }
        return report.status
    }

    /// One run with servers of its own, or with those that were named.
    static func runOnce(
        _ options: RunOptions, _ progress: Progress
    ) async throws(BenchError) -> RunReport {
        if let peer = options.target.peer { return try await runPeer(peer, options, progress) }
        guard options.cluster.isEmpty else {
            let servers = Servers.running(
                options.cluster, pids: options.pids, cluster: options.clusterName)
            // A server that this run stopped must not stay so if the run is ended.
            let trap = SignalTrap { for pid in options.pids { kill(pid, SIGCONT) } }
            defer { trap.cancel() }
            return try await load(options, servers, progress)
        }
        let group = try ServerGroup(options)
        let trap = SignalTrap { group.killAll() }
        defer { trap.cancel() }
        let result: Result<RunReport, BenchError>
        do throws(BenchError) {
            try await group.start()
            result = .success(try await load(options, .own(group), progress))
        } catch {
            result = .failure(error)
        }
        let complaint = await group.stop()
        if options.keep { progress.line("directories and logs are in \(group.folder.path)") }
        return try result.get().marked(by: complaint)
    }

    private static func runPeer(
        _ peer: Peer, _ options: RunOptions, _ progress: Progress
    ) async throws(BenchError) -> RunReport {
        let servers = try await PeerServers(peer, options)
        let trap = SignalTrap { servers.killAll() }
        defer { trap.cancel() }
        let result: Result<RunReport, BenchError>
        do throws(BenchError) {
            result = .success(try await PeerRun(options, servers, progress).run())
        } catch {
            result = .failure(error)
        }
        let complaint = await servers.stop()
        if options.keep { progress.line("directories and logs are in \(servers.folder.path)") }
        return try result.get().marked(by: complaint)
    }

    private static func load(
        _ options: RunOptions, _ servers: Servers, _ progress: Progress
    ) async throws(BenchError) -> RunReport {
        switch options.workload {
        case .counter: try await BenchRun<Counter>(options, servers, progress).run()
        case .set, .get, .mixed, .ycsbA, .ycsbB, .ycsbC, .ycsbD, .ycsbF:
            try await BenchRun<KeyValue>(options, servers, progress).run()
        default: try await BenchRun<KeyValue>(options, servers, progress).runApp()
        }
    }
}

/// Tidies up when the benchmark itself is ended by a signal, and then goes too.
private final class SignalTrap {
    private let sources: [any DispatchSourceSignal]

    init(_ body: @escaping @Sendable () -> Void) {
        sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                body()
                exit(128 + number)
            }
            source.resume()
            return source
        }
    }

    func cancel() {
        for source in sources { source.cancel() }
        for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_DFL) }
    }
}
