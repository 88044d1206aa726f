import ArgumentParser
import Bench

/// What every command that loads servers takes.
struct LoadFlags: ParsableArguments {
    @Option(
        help: """
            set, get, mixed, ycsb-a|b|c|d|f, counter, keyvalue, kvlock-spin|abort|retry, \
            kvlockfree, 2pc-init|tx|phase.
            """
    )
    var workload = Workload.set

    @Option(help: "Servers to start.")
    var replicas = 3

    @Option(help: "Bytes of a value.")
    var valueBytes = 100

    @Option(help: "Objects that the operations are spread over, each with its own log and keys.")
    var objects = 1

    @Option(help: "Keys of each object that the operations are spread over.")
    var keys = 10_000

    @Option(help: "uniform or zipfian keys; default zipfian for ycsb, else uniform.")
    var distribution: Distribution?

    @Option(help: "Connections that share the operations in flight.")
    var clients = 1

    @Option(help: "Seconds of load before the measured time.")
    var warmup = 1.0

    @Option(help: "Write the report to this file.")
    var json: String?

    @Option(help: "Election timeout of the servers, in milliseconds.")
    var electionTimeoutMs = 200

    @Option(help: "When an unanswered call counts as unknown; default five election timeouts.")
    var callTimeoutMs: Int?

    @Option(help: "Bytes of log between snapshots; default 0, none: a trimmed log is not verified.")
    var snapshotBytes: UInt64 = 0

    @Option(help: "Where the servers' directories are made; default a temporary directory.")
    var data: String?

    @Option(help: "Hundredths of one core that each server may use; default as much as there is.")
    var quota: Int?

    @Flag(help: "Keep the servers' directories and logs.")
    var keep = false

    @Option(help: "The server to run; default the adod beside this program.")
    var adod: String?

    @Flag(help: "Calls do not record in their entries where they come from.")
    var noOrigins = false

    @Flag(help: "Do not trace the servers; refines_ado is not judged then.")
    var noTrace = false

    var options: RunOptions {
        var options = RunOptions()
        options.workload = workload
        options.replicas = replicas
        options.valueBytes = valueBytes
        options.objects = objects
        options.keys = keys
        options.distribution = distribution ?? workload.distribution
        options.clients = clients
        options.warmup = warmup
        options.json = json
        options.electionTimeoutMilliseconds = electionTimeoutMs
        options.callTimeoutMilliseconds = callTimeoutMs
        options.snapshotBytes = snapshotBytes
        options.data = data
        options.keep = keep
        options.quota = quota
        options.adod = adod
        options.traces = !noTrace
        options.recordsOrigins = !noOrigins
        return options
    }
}

extension Distribution: ExpressibleByArgument {}
extension Workload: ExpressibleByArgument {}
