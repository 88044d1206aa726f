import Foundation

/// `adobench suite`: finds the knee, then runs each scenario below it, as often as asked for, and
/// writes everything into a folder.
package struct Suite: Sendable {
    package var folder: String
    package var scenarios: [Scenario]
    /// Rates to offer, in hundredths of the throughput at the knee.
    package var percents: [Int]
    package var ladder: Ladder
    /// Measured time of a run.
    package var seconds: Double
    package var repeats: Int
    /// Seconds of the windows of scenarios that can happen several times in one run; nil: each
    /// time is a run of its own.
    package var interleave: Double?
    /// Runs of the scenarios that cannot.
    package var repeatsAlone: Int
    package var seed: UInt64
    /// The command that measures the same again.
    package var command: String

    package init(
        folder: String, scenarios: [Scenario], percents: [Int], ladder: Ladder, seconds: Double,
        repeats: Int, interleave: Double? = nil, repeatsAlone: Int? = nil, seed: UInt64,
        command: String
    ) {
        self.folder = folder
        self.scenarios = scenarios
        self.percents = percents
        self.ladder = ladder
        self.seconds = seconds
        self.repeats = repeats
        self.interleave = interleave
        self.repeatsAlone = repeatsAlone ?? repeats
        self.seed = seed
        self.command = command
    }

    /// Refuses what cannot be run, before anything is.
    package func validate() throws(BenchError) {
        try ladder.validate()
        guard seconds >= 4 else {
            throw .usage(
                "--seconds of a suite must be at least 4: a fault needs time before and after.")
        }
        guard !scenarios.isEmpty else { throw .usage("--scenarios names none.") }
        guard !percents.isEmpty, percents.allSatisfy({ (1...500).contains($0) }) else {
            throw .usage("--loads must be hundredths of the knee, such as 50,80.")
        }
        for scenario in scenarios { try options(scenario, rate: 1000, phase: 0).validate() }
    }

    /// Measures, writes, and returns the exit status.
    package func run() async -> ExitStatus {
        let progress = Progress()
        do throws(BenchError) {
            try validate()
            try makeFolder()
            let data = try await measure(progress)
            try ReportFolder.render(data, into: folder)
            return data.status
        } catch {
            progress.line("adobench: \(error)")
            return error.status
        }
    }

    private func measure(_ progress: Progress) async throws(BenchError) -> SuiteData {
        let started = Date.now.ISO8601Format()
        let disk = ladder.options.data ?? FileManager.default.temporaryDirectory.path
        let flush = try FlushProbe.run(in: disk)
        progress.line("the knee")
        let knee = try await ladder.measure(progress)
        var about = SuiteData.About(
            command: command, seed: seed, started: started, machine: .current(),
            commit: currentCommit(), flush_us: flush, knee: knee,
            pipeline: try await ceiling(knee), runs: [])
        var reports: [RunReport] = []
        let rate = knee.knee?.throughput_ops_s ?? 0
        for scenario in scenarios {
            for percent in percents {
                let run = SuiteData.Run(
                    scenario: scenario.name, percent: percent,
                    file: "\(scenario.name)-\(percent).json")
                progress.line("\(run.scenario) at \(percent) % of the knee")
                let report = try await repeated(
                    scenario, rate: max(1, rate * Double(percent) / 100), progress)
                try JSONFile.write(report, to: SuiteData.path(folder, run.file), isCompact: true)
                about.runs.append(run)
                reports.append(report)
            }
        }
        try JSONFile.write(about, to: SuiteData.path(folder, "suite.json"))
        return SuiteData(about: about, reports: reports)
    }

    private func ceiling(_ knee: KneeReport) async throws(BenchError) -> PipelineReport? {
        guard let step = knee.knee else { return nil }
        var options = ladder.options
        options.inFlight = step.in_flight
        return try await PipelineTarget(options: options).run()
    }

    /// The run in the middle, with the figures of all; the fault strikes at another phase in each.
    private func repeated(
        _ scenario: Scenario, rate: Double, _ progress: Progress
    ) async throws(BenchError) -> RunReport {
        if interleave != nil, scenario.canRepeat {
            let report = try await Runner.runOnce(
                options(scenario, rate: rate, phase: 0), progress)
            progress.line(report.line(run: 1, of: 1))
            return report
        }
        var reports: [RunReport] = []
        for number in 0..<repeatsAlone {
            let draw = mixed(seed &+ UInt64(number) &+ mixed(UInt64(rate)))
            let phase = Double(draw >> 11) * 0x1p-53
            let report = try await Runner.runOnce(
                options(scenario, rate: rate, phase: phase), progress)
            reports.append(report)
            progress.line(report.line(run: number + 1, of: repeatsAlone))
        }
        guard let middle = RunReport.middle(of: reports) else {
            throw .usage("--repeat must be at least 1.")
        }
        return middle
    }

    private func options(_ scenario: Scenario, rate: Double, phase: Double) -> RunOptions {
        var options = ladder.options
        options.scenario = scenario
        options.seconds = seconds
        options.faultPhase = phase
        let takesTurns = interleave != nil && scenario.canRepeat
        options.interleave = takesTurns ? interleave : nil
        options.repeats = takesTurns ? repeats : repeatsAlone
        options.json = nil
        if case .pause = scenario.trouble, options.workload == .set {
            // Whether one that stood still answers with what it had is seen by reads alone.
            options.workload = .mixed
        }
        options.pace = Pace(rate: rate, seed: mixed(seed))
        options.pace?.arrival = .poisson
        options.inFlight = RunOptions.inFlightDefault(options.clients, isOpen: true)
        return options
    }

    private func makeFolder() throws(BenchError) {
        do {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/data", withIntermediateDirectories: true)
        } catch {
            throw .usage("cannot make the directory \(folder)/data: choose another.")
        }
    }
}

/// `adobench report`: the page of what was measured.
package enum ReportFolder {
    /// Makes the page of a folder again, and returns what its runs say.
    package static func render(_ folder: String) -> ExitStatus {
        do throws(BenchError) {
            let data = try SuiteData.read(folder)
            try render(data, into: folder)
            return data.status
        } catch {
            Progress().line("adobench: \(error)")
            return error.status
        }
    }

    static func render(_ data: SuiteData, into folder: String) throws(BenchError) {
        let page = "\(folder)/index.html"
        do {
            try Data(Page(data: data).html().utf8).write(
                to: URL(fileURLWithPath: page), options: .atomic)
        } catch {
            throw .usage("cannot write \(page): choose another directory.")
        }
        print(SuiteSummary(data: data).lines().joined(separator: "\n"))
        print("\n  the report is \(page)")
    }
}
