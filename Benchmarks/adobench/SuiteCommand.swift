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
            short: the faults that matter most, a quarter of an hour; long: every scenario, some \
            hours. Other flags change a part of it; default none, each fault in a run of its own.
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

    @Option(
        help: """
            Seconds of healthy and faulty windows that take turns in one run, where a scenario can \
            happen several times.
            """)
    var interleave: Double?

    @Option(help: "Operations in flight of each step to the knee.")
    var ladder: String?

    @Option(help: "Decides when faults strike and operations are due; default drawn.")
    var seed: UInt64?

    func validate() throws {
        do {
            try suite(seed: 0).validate()
        } catch let error as BenchError {
            throw ValidationError(error.description)
        }
    }

    func run() async throws {
        let seed = seed ?? .random(in: 0..<1 << 53)
        throw ExitCode(try await suite(seed: seed).run().rawValue)
    }

    private func suite(seed: UInt64) throws -> Suite {
        var options = load.options
        options.seconds = 3
        let rungs =
            ladder?.split(separator: ",").map { Int($0) ?? 0 } ?? profile?.ladder
            ?? Ladder.rungsDefault
        let words = CommandLine.arguments.dropFirst()
        let command = "adobench " + words.joined(separator: " ")
        return Suite(
            folder: folder, scenarios: try chosen(), percents: numbers(loads),
            ladder: Ladder(rungs: rungs, options: options), seconds: seconds,
            repeats: `repeat` ?? profile?.pairs ?? 3, interleave: interleave ?? profile?.interleave,
            repeatsAlone: profile == nil ? nil : 3, seed: seed,
            command: self.seed == nil ? command + " --seed \(seed)" : command)
    }

    private func numbers(_ text: String) -> [Int] {
        text.split(separator: ",").map { Int($0) ?? 0 }
    }

    private func chosen() throws -> [Scenario] {
        guard let scenarios else {
            return profile?.scenarios ?? Scenario.all(for: load.options)
        }
        return try scenarios.split(separator: ",").map { name in
            guard let scenario = Scenario(named: String(name)) else {
                throw ValidationError(
                    "--scenarios \(name) is none: adobench scenarios lists them.")
            }
            return scenario
        }
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

    func validate() throws {
        do {
            try plan.validate()
        } catch {
            throw ValidationError(error.description)
        }
    }

    func run() async throws {
        throw ExitCode(await plan.run().rawValue)
    }

    private var plan: Ladder {
        var options = load.options
        options.seconds = seconds
        return Ladder(rungs: ladder.split(separator: ",").map { Int($0) ?? 0 }, options: options)
    }
}

extension SuiteProfile: ExpressibleByArgument {}
