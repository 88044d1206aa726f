import ADOServer
import ArgumentParser

@main
struct Adoctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adoctl", abstract: "Look after a cluster of atomic distributed objects.",
        subcommands: [Status.self, Why.self])
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
