import ArgumentParser
import Bench

/// `adobench suite`.
struct SuiteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suite",
        abstract: "Measures the knee and every scenario below it, and makes the report.",
        discussion: """
            Writes DIR/index.html and DIR/data. Exit status as that of run, the worst of all runs.
            """)

    @Argument(help: "Where the report goes.")
    var folder: String

    @OptionGroup var load: LoadFlags

    @Option(
        help: """
            short: the faults that matter most, a quarter of an hour; long: every scenario, hours; \
            default none: each fault in a run of its own. Other flags change a part of it.
            """)
    var profile: SuiteProfile?

    @Option(help: "Scenarios, separated by commas; default all that these servers can have.")
    var scenarios: String?

    @Option(help: "Rates to offer, in hundredths of the knee.")
    var loads = "50,80"

    @Option(help: "Measured time of each run.")
    var seconds = 12.0

    @Option(help: "Runs of each scenario at each load, or pairs of windows; default 3.")
    var `repeat`: Int?

    @Option(help: "Seconds of healthy and faulty windows in turn, where a fault can happen again.")
    var interleave: Double?

    @Option(help: "Operations in flight of each step to the knee.")
    var ladder: String?

    @Option(help: "Decides when faults strike and operations are due; default drawn.")
    var seed: UInt64?

    func validate() throws { try checked { () throws(BenchError) in try suite(0).validate() } }

    func run() async throws {
        throw ExitCode(try await suite(seed ?? .random(in: 0..<1 << 53)).run().rawValue)
    }

    private func suite(_ seed: UInt64) throws(BenchError) -> Suite {
        var options = load.options
        options.seconds = 3
        let rungs = ladder.map(numbers) ?? profile?.ladder ?? Ladder.rungsDefault
        let command = "adobench " + CommandLine.arguments.dropFirst().joined(separator: " ")
        return Suite(
            folder: folder,
            scenarios: try scenarios.map(Scenario.list) ?? profile?.scenarios
                ?? Scenario.all(for: load.options),
            percents: numbers(loads), ladder: Ladder(rungs: rungs, options: options),
            seconds: seconds, repeats: `repeat` ?? profile?.pairs ?? 3,
            interleave: interleave ?? profile?.interleave,
            repeatsAlone: profile == nil ? nil : 3, seed: seed,
            command: self.seed == nil ? command + " --seed \(seed)" : command)
    }
}

/// `adobench knee`.
struct KneeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "knee",
        abstract: "Draws the latency-throughput curve of a healthy cluster, and finds its knee.",
        discussion: """
            A closed loop for each step of --ladder, with fresh servers. The knee is the step with \
            the highest throughput over mean latency. Exit status as that of run, the worst of \
            all steps.
            """)

    @OptionGroup var load: LoadFlags

    @Option(help: "Operations in flight of each step, rising: 1,64,1024.")
    var ladder = Ladder.rungsDefault.map(String.init).joined(separator: ",")

    @Option(help: "Measured time of each step.")
    var seconds = 3.0

    func validate() throws { try checked(plan.validate) }

    func run() async throws {
        throw ExitCode(await plan.run().rawValue)
    }

    private var plan: Ladder {
        var options = load.options
        options.seconds = seconds
        return Ladder(rungs: numbers(ladder), options: options)
    }
}

extension SuiteProfile: ExpressibleByArgument {}

/// `adobench smoke`.
struct SmokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "smoke",
        abstract: "A short form of the suite, which a change must pass.",
        discussion: """
            Loads the servers and the bare pipeline in turn, and kills an owner and a follower. \
            Exit status 1 if something is not proved, or the throughput is below half of the kept \
            ratio to the bare pipeline; else that of run.
            """)

    @OptionGroup var load: LoadFlags

    @Option(help: "The file with the kept ratio.")
    var baseline = "Benchmarks/ratio.json"

    @Flag(help: "Measure the ratio and keep it in that file.")
    var write = false

    @Option(help: "Operations in flight, of the servers and of the pipeline.")
    var inFlight = 1000

    @Option(help: "Measured time of each run.")
    var seconds = 2.0

    @Option(help: "How often the servers and the pipeline take turns.")
    var pairs = Smoke.pairsDefault

    @Option(help: .hidden)
    var plant: Plant?

    func validate() throws { try checked(smoke.validate) }

    func run() async throws {
        throw ExitCode(await smoke.run().rawValue)
    }

    private var smoke: Smoke {
        var options = load.options
        options.inFlight = inFlight
        options.seconds = seconds
        options.plant = plant
        return Smoke(options: options, baseline: baseline, pairs: pairs, writes: write)
    }
}
