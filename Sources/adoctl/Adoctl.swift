import ADOServer
import ArgumentParser

@main
struct Adoctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adoctl", abstract: "Look after a cluster of atomic distributed objects.",
        subcommands: [Status.self, Admit.self, Why.self])
}

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show every server and every object: owner, ballot, commit, lag, disk.",
        discussion: "The exit status is 1 if no server answered.")

    @Option(help: "The servers: 1=host:port,2=host:port,…")
    var peers: String

    @Option(help: "The cluster's name.")
    var cluster: String = "ado"

    @Option(help: "Milliseconds to wait for a server.")
    var timeoutMs: UInt32 = 2000

    @Flag(help: "Print JSON instead of tables.")
    var json = false

    func run() async throws {
        do throws(Failure) {
            let report = try await ClusterReport.gather(
                cluster: cluster, peers: try ServerConfiguration.peers(peers),
                timeout: .milliseconds(timeoutMs))
            ConsoleLine.write(json ? report.json.description : report.table)
            try report.checkReachable()
        } catch {
            ConsoleLine.error("adoctl: \(error.message)")
            throw ExitCode(error.status)
        }
    }
}

struct Admit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a server a vote again, after it lost its directory.",
        discussion: """
            Format a new directory for the server and start it; then approve of it with this. It \
            waits until the server votes for every object, and may be run again at any time.
            """)

    @Argument(help: "The server's number.")
    var node: UInt64

    @Option(help: "The servers: 1=host:port,2=host:port,…")
    var peers: String

    @Option(help: "The cluster's name.")
    var cluster: String = "ado"

    @Option(help: "Milliseconds to wait until the server votes for everything.")
    var timeoutMs: UInt32 = 30_000

    func run() async throws {
        do throws(Failure) {
            try await Admission.run(
                server: node, cluster: cluster, peers: try ServerConfiguration.peers(peers),
                timeout: .milliseconds(timeoutMs), onProgress: ConsoleLine.write)
        } catch {
            ConsoleLine.error("adoctl: \(error.message)")
            throw ExitCode(error.status)
        }
    }
}
