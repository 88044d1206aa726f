import ArgumentParser
import Bench

/// `adobench run`.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs a load on real servers, injects a fault, and verifies every replica.",
        discussion: """
            Exit status: 0 nothing acknowledged is lost and nothing is applied twice; 1 it is; 2 \
            the run says nothing, and why; 64 wrong flags; 69 the run could not be carried out.
            """)

    @OptionGroup var load: LoadFlags

    @Option(help: "ado, pipeline (no protocol), redis, redis-wait (two replicas, WAIT 1), or etcd.")
    var target = Target.ado

    @Option(help: "What happens meanwhile: adobench scenarios lists them.")
    var scenario = Scenario.steady

    @Option(
        help: "Most operations in flight, over all clients; default 1000, with --rate the most.")
    var inFlight: Int?

    @Option(help: "Submit so many operations per second, whatever comes back: an open loop.")
    var rate: Double?

    @Option(help: "How the operations of --rate are spread over time: fixed or poisson.")
    var arrival = Pace.Arrival.fixed

    @Option(help: "Operations of --rate that may wait to be submitted; beyond they are shed.")
    var waiting = 100_000

    @Option(help: "Decides the times of poisson arrivals; default drawn.")
    var seed: UInt64?

    @Flag(help: "The generator itself owns the object: steady with set or counter.")
    var embeddedOwner = false

    @Flag(
        inversion: .prefixedNo,
        help: "Applications share their objects; else each client has its own.")
    var contended: Bool?

    @Option(help: "Measured time; the fault strikes after a third of it.")
    var seconds = 10.0

    @Option(help: "Runs; the figures are those of the median.")
    var `repeat` = 1

    @Option(help: "Seconds of healthy and faulty windows in turn, --repeat times; with --rate.")
    var interleave: Double?

    @Option(help: "Use running servers: 1=host:port,2=host:port,…")
    var cluster: String?

    @Option(help: "The name of the cluster that --cluster is.")
    var clusterName = "ado"

    @Option(help: "Process ids of --cluster, in its order, so that pause-owner is possible.")
    var pids: String?

    @Flag(help: "Have etcd elect with --election-timeout-ms instead of its own timeout.")
    var equalTimeouts = false

    @Option(help: "The program of Benchmarks/Etcd; default the one beside this program.")
    var etcdLoad: String?

    @Option(help: .hidden)
    var plant: Plant?

    func validate() throws { try checked { () throws(BenchError) in try options().validate() } }

    func run() async throws {
        throw ExitCode(await Runner.run(try options()).rawValue)
    }

    private func options() throws(BenchError) -> RunOptions {
        var options = load.options
        options.target = target
        options.scenario = scenario
        options.pace = rate.map {
            Pace(rate: $0, seed: seed, arrival: arrival, waitingMax: waiting)
        }
        options.keep(inFlight: inFlight)
        options.embeddedOwner = embeddedOwner
        options.contended = contended
        options.seconds = seconds
        options.repeats = `repeat`
        options.interleave = interleave
        options.clusterName = clusterName
        options.plant = plant
        options.equalTimeouts = equalTimeouts
        options.etcdLoad = etcdLoad
        options.cluster = try cluster.map(ServerAddress.list) ?? []
        options.pids = try pids.map(ServerAddress.processes) ?? []
        return options
    }
}

extension Scenario: ExpressibleByArgument {
    package init?(argument: String) { self.init(named: argument) }
    package var defaultValueDescription: String { name }
}
extension Pace.Arrival: ExpressibleByArgument {}
extension Target: ExpressibleByArgument {}
extension Plant: ExpressibleByArgument {}
