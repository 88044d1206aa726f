import ArgumentParser
import Bench

/// `adobench apps`.
struct AppsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apps",
        abstract: "Runs every application under every condition, and prints one table.",
        discussion: """
            A row after each run, beside the figures of `set` in the same condition. Each run has \
            servers of its own, and is judged by the property of its application; the exit status \
            is that of the first run that was not proved.
            """)

    @Option(help: "Numbers of clients, each with one operation in flight.")
    var clients = "1,8,64"

    @Option(help: "Measured time of each run; at least 6 where a server is killed.")
    var seconds = 3.0

    @Option(help: "The only scenario; default steady and kill-owner.")
    var scenario: Scenario?

    @Option(help: "The only workload; default all of them.")
    var workload: Workload?

    @Option(help: "A directory on a file system in memory; none: no such runs.")
    var memory = "/dev/shm"

    @Flag(help: "Leave out the runs on disk.")
    var memoryOnly = false

    @Option(help: "Where the directories of the runs on disk are made.")
    var data: String?

    @Option(help: "The server to run; default the adod beside this program.")
    var adod: String?

    func run() async throws {
        var matrix = AppMatrix()
        matrix.clients = numbers(clients)
        guard matrix.clients.allSatisfy({ $0 > 0 }) else {
            throw ValidationError("--clients must be numbers of clients, such as 1,8,64.")
        }
        matrix.seconds = seconds
        if let scenario { matrix.scenarios = [scenario] }
        if let workload { matrix.workloads = [workload] }
        matrix.memory = memory == "none" ? nil : memory
        matrix.data = data
        matrix.isDurable = !memoryOnly
        matrix.adod = adod
        throw ExitCode(await matrix.run().rawValue)
    }
}
