/// `adobench knee`: a closed loop for each rung of a ladder of operations in flight, with fresh
/// servers each, until the curve has bent.
package struct Ladder: Sendable {
    /// Operations in flight of each step, rising.
    package var rungs: [Int]
    /// What each step runs, but for the operations in flight.
    package var options: RunOptions

    package init(rungs: [Int], options: RunOptions) {
        self.rungs = rungs
        self.options = options
    }

    package static let rungsDefault = [1, 8, 64, 256, 512, 1024, 2048, 4096]

    /// Refuses a ladder that cannot be climbed.
    package func validate() throws(BenchError) {
        guard rungs.count >= 3, zip(rungs, rungs.dropFirst()).allSatisfy(<) else {
            throw .usage("--ladder must be at least three rising numbers, such as 1,64,1024.")
        }
        guard options.pace == nil, options.scenario == .steady, !options.workload.isApp else {
            throw .usage("the knee is that of a closed loop of set, get, mixed or counter.")
        }
        for rung in rungs { try options(rung).validate() }
    }

    /// Climbs it, prints the curve, and returns the exit status.
    package func run() async -> ExitStatus {
        let progress = Progress()
        do throws(BenchError) {
            try validate()
            if let path = options.json { try JSONFile.checkWritable(path) }
            let report = try await measure(progress)
            print(
                (["adobench " + report.lines()[0]] + report.lines().dropFirst())
                    .joined(separator: "\n"))
            if let path = options.json { try JSONFile.write(report, to: path) }
            return report.status
        } catch {
            progress.line("adobench: \(error)")
            return error.status
        }
    }

    func measure(_ progress: Progress) async throws(BenchError) -> KneeReport {
        var report = KneeReport(
            workload: options.workload, config: RunReport.Config(options), machine: .current(),
            commit: currentCommit())
        for rung in rungs {
            let run = try await Runner.runOnce(options(rung), progress)
            let step = KneeReport.Step(run)
            report.steps.append(step)
            progress.line(
                "\(grouped(UInt64(rung))) in flight: \(grouped(UInt64(step.throughput_ops_s)))/s, "
                    + "p50 \(milliseconds(step.latency_us.p50))")
        }
        return report
    }

    private func options(_ rung: Int) -> RunOptions {
        var options = options
        options.inFlight = rung
        options.clients = min(rung, max(options.clients, rung / RunOptions.inFlightPerClientMax))
        return options
    }
}
