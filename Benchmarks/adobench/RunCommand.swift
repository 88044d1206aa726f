import ArgumentParser
import Bench
import Foundation

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

    @Option(
        help: """
            ado; pipeline, which has no protocol and no objects; or another system: redis, \
            redis-wait (two replicas and WAIT 1), etcd.
            """)
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

    func validate() throws {
        do {
            try options().validate()
        } catch let error as BenchError {
            throw ValidationError(error.description)
        }
    }

    func run() async throws {
        let status = await Runner.run(try options())
        throw ExitCode(status.rawValue)
    }

    private func options() throws -> RunOptions {
        var options = load.options
        options.target = target
        options.scenario = scenario
        options.pace = pace()
        options.inFlight =
            inFlight
            ?? (load.workload.isApp
                ? load.clients : RunOptions.inFlightDefault(load.clients, isOpen: rate != nil))
        options.embeddedOwner = embeddedOwner
        options.contended = contended
        options.seconds = seconds
        options.repeats = `repeat`
        options.clusterName = clusterName
        options.plant = plant
        options.equalTimeouts = equalTimeouts
        options.etcdLoad = etcdLoad
        options.cluster = try addresses()
        options.pids = try processes()
        return options
    }

    private func pace() -> Pace? {
        guard let rate else { return nil }
        var pace = Pace(rate: rate, seed: seed ?? .random(in: 0..<1 << 53))
        pace.arrival = arrival
        pace.waitingMax = waiting
        return pace
    }

    private func addresses() throws -> [ServerAddress] {
        guard let cluster else { return [] }
        return try cluster.split(separator: ",").map { text in
            guard let address = ServerAddress(String(text)) else {
                throw ValidationError("--cluster \(text) is not like 1=host:port.")
            }
            return address
        }
    }

    private func processes() throws -> [Int32] {
        guard let pids else { return [] }
        return try pids.split(separator: ",").map { text in
            guard let pid = Int32(text), pid > 1 else {
                throw ValidationError("--pids \(text) is not a process id.")
            }
            return pid
        }
    }
}

extension Scenario: ExpressibleByArgument {
    package init?(argument: String) { self.init(named: argument) }

    package var defaultValueDescription: String { name }
}
extension Pace.Arrival: ExpressibleByArgument {}
extension Target: ExpressibleByArgument {}
extension Plant: ExpressibleByArgument {}
