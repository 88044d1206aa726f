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

    @Option(help: "steady, kill-owner, kill-follower or pause-owner.")
    var scenario = Scenario.steady

    @Option(
        help: """
            set, get, mixed, counter, keyvalue, kvlock-spin|abort|retry, kvlockfree, \
            2pc-init|tx|phase.
            """
    )
    var workload = Workload.set

    @Option(help: "Servers to start.")
    var replicas = 3

    @Option(help: "Bytes of a value.")
    var valueBytes = 100

    @Option(help: "Operations in flight, over all clients.")
    var inFlight = 1000

    @Option(help: "Connections that share the operations in flight.")
    var clients = 1

    @Flag(help: "The generator itself owns the object: steady with set or counter.")
    var embeddedOwner = false

    @Option(help: "Keys that the operations are spread over.")
    var keys = 10_000

    @Flag(
        inversion: .prefixedNo,
        help: "Applications share their objects; else each client has its own.")
    var contended: Bool?

    @Option(help: "Measured time; the fault strikes after a third of it.")
    var seconds = 10.0

    @Option(help: "Seconds of load before the measured time.")
    var warmup = 1.0

    @Option(help: "Write the report to this file.")
    var json: String?

    @Option(help: "Runs; the figures are those of the median.")
    var `repeat` = 1

    @Option(help: "Election timeout of the servers, in milliseconds.")
    var electionTimeoutMs = 200

    @Option(help: "When an unanswered call counts as unknown; default five election timeouts.")
    var callTimeoutMs: Int?

    @Option(help: "Bytes of log between snapshots; default 0, none: a trimmed log is not verified.")
    var snapshotBytes: UInt64 = 0

    @Option(help: "Where the servers' directories are made; default a temporary directory.")
    var data: String?

    @Flag(help: "Keep the servers' directories and logs.")
    var keep = false

    @Option(help: "The server to run; default the adod beside this program.")
    var adod: String?

    @Option(help: "Use running servers: 1=host:port,2=host:port,…")
    var cluster: String?

    @Option(help: "The name of the cluster that --cluster is.")
    var clusterName = "ado"

    @Option(help: "Process ids of --cluster, in its order, so that pause-owner is possible.")
    var pids: String?

    @Flag(help: "Do not trace the servers; refines_ado is not judged then.")
    var noTrace = false

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
        var options = RunOptions()
        options.scenario = scenario
        options.workload = workload
        options.replicas = replicas
        options.valueBytes = valueBytes
        options.inFlight = inFlight
        options.clients = clients
        options.embeddedOwner = embeddedOwner
        options.keys = keys
        options.contended = contended
        options.seconds = seconds
        options.warmup = warmup
        options.json = json
        options.repeats = `repeat`
        options.electionTimeoutMilliseconds = electionTimeoutMs
        options.callTimeoutMilliseconds = callTimeoutMs
        options.snapshotBytes = snapshotBytes
        options.data = data
        options.keep = keep
        options.adod = adod
        options.clusterName = clusterName
        options.plant = plant
        options.traces = !noTrace
        options.cluster = try addresses()
        options.pids = try processes()
        return options
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

extension Scenario: ExpressibleByArgument {}
extension Workload: ExpressibleByArgument {}
extension Plant: ExpressibleByArgument {}
