import ArgumentParser
import Bench

/// `adobench smoke`.
struct SmokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "smoke",
        abstract: "A short form of the suite, which a change must pass.",
        discussion: """
            Loads the servers and the bare pipeline in turn, and kills an owner and a follower. \
            Exit status: 0 if everything is proved and the throughput is at least half of the \
            kept ratio to the bare pipeline, 1 if not, 64 wrong flags, 69 it could not be carried \
            out.
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

    @Option(help: "Measured time of the runs in which a server is killed.")
    var faultSeconds = 6.0

    @Option(help: "How often the servers and the pipeline take turns.")
    var pairs = Smoke.pairsDefault

    @Option(help: .hidden)
    var plant: Plant?

    func validate() throws {
        do {
            try smoke.validate()
        } catch {
            throw ValidationError(error.description)
        }
    }

    func run() async throws {
        throw ExitCode(await smoke.run().rawValue)
    }

    private var smoke: Smoke {
        var options = load.options
        options.inFlight = inFlight
        options.seconds = seconds
        options.plant = plant
        return Smoke(
            options: options, baseline: baseline, pairs: pairs, writes: write,
            faultSeconds: faultSeconds)
    }
}
