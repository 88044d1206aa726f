/// `adobench smoke`: a short form of the suite that a change must pass.
///
/// The load and the bare pipeline run in turn, then an owner and a follower are killed.
package struct Smoke: Sendable {
    package static let pairsDefault = 3

    package var options: RunOptions
    /// The file with the ratio that was kept.
    package var baseline: String
    package var pairs: Int
    /// Keep what is measured as the new baseline, whatever the old one is.
    package var writes: Bool

    /// Seconds of the runs in which a server is killed.
    private static let faultSeconds = 6.0

    package init(options: RunOptions, baseline: String, pairs: Int, writes: Bool) {
        self.options = options
        self.baseline = baseline
        self.pairs = pairs
        self.writes = writes
    }

    package func validate() throws(BenchError) {
        try options.validate()
        guard (1...100).contains(pairs) else { throw .usage("--pairs must be from 1 to 100.") }
        if writes { try JSONFile.checkWritable(baseline) }
    }

    /// Measures, prints, and returns the exit status.
    package func run() async -> ExitStatus {
        let progress = Progress()
        do throws(BenchError) {
            try validate()
            let gate = try await measure(progress)
            print(gate.lines().joined(separator: "\n"))
            return gate.complaints().isEmpty ? .proved : .refuted
        } catch {
            progress.line("adobench: \(error)")
            return error.status
        }
    }

    private func measure(_ progress: Progress) async throws(BenchError) -> RatioGate {
        var gate = RatioGate(baseline: try kept())
        for number in 1...pairs {
            let report = try await Runner.runOnce(options, progress)
            let pipeline = try await PipelineTarget(options: options).run()
            progress.line(report.line(run: number, of: pairs))
            progress.line("  the pipeline \(grouped(UInt64(pipeline.throughput_ops_s)))/s")
            gate.pairs.append((report.throughput_ops_s, pipeline.throughput_ops_s))
            gate.reports.append(report)
        }
        for scenario in [Scenario.killOwner, .killFollower] {
            var options = options
            options.scenario = scenario
            options.seconds = Self.faultSeconds
            options.inFlight = min(options.inFlight, 100)
            let report = try await Runner.runOnce(options, progress)
            progress.line("\(scenario.name): " + report.line(run: 1, of: 1))
            gate.reports.append(report)
        }
        guard writes else { return gate }
        gate = RatioGate(baseline: measured(gate.ratio), pairs: gate.pairs, reports: gate.reports)
        try JSONFile.write(gate.baseline, to: baseline)
        return gate
    }

    private func kept() throws(BenchError) -> RatioBaseline {
        if writes { return measured(nil) }
        return try JSONFile.read(RatioBaseline.self, from: baseline)
    }

    private func measured(_ ratio: Double?) -> RatioBaseline {
        RatioBaseline(
            ratio: ((ratio ?? 0) * 1000).rounded() / 1000, in_flight: options.inFlight,
            value_bytes: options.valueBytes, machine: .current(), commit: currentCommit())
    }
}
