import ADOServer
import ArgumentParser
import Logging
import MultiPaxos

@main
struct Adod: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adod", abstract: "A server of a cluster of atomic distributed objects.",
        subcommands: [Run.self, Format.self], defaultSubcommand: Run.self)
}

struct Format: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the voting directory of a server, once in its life.")

    @Option(help: "The cluster's name, the same for all its servers.")
    var cluster: String

    @Option(help: "The id of this server: 1, 2, …")
    var node: UInt64

    @Option(help: "The directory to make; it must not exist, or be empty.")
    var data: String

    func run() throws {
        try reporting { () throws(Failure) in
            try Server.format(directory: data, cluster: cluster, node: node)
        }
    }
}

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve until SIGTERM or SIGINT. This is what adod does without a subcommand.")

    @Option(help: "The id of this server, as its directory was formatted for.")
    var node: UInt64

    @Option(help: "Every server, this one included: 1=host:port,2=host:port,…")
    var peers: String

    @Option(help: "The directory that 'adod format' made.")
    var data: String

    @Option(help: "The cluster's name, to check the directory's; without it that one is taken.")
    var cluster: String?

    @Option(help: "Milliseconds a serving node may be silent before another one takes over.")
    var electionTimeoutMs: UInt32 = 200

    @Option(help: "Append each transition of the protocol to this file, for checkers.")
    var trace: String?

    @Option(help: "Mebibytes of --trace after which tracing stops.")
    var traceLimit: UInt32 = 1024

    func validate() throws {
        guard traceLimit >= 1 else {
            throw ValidationError("--trace-limit is 0; give at least 1, or leave --trace out.")
        }
        guard electionTimeoutMs >= 10 else {
            throw ValidationError("--election-timeout-ms is below 10; give at least 10.")
        }
    }

    func run() async throws {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var configuration = ServerConfiguration(
            cluster: cluster, node: node, peers: try parsePeers(), data: data,
            electionTimeout: .milliseconds(electionTimeoutMs))
        configuration.trace = trace
        configuration.traceLimit = UInt64(traceLimit) << 20
        let server = Server(configuration, logger: Logger(label: "adod"))
        do throws(Failure) {
            try await server.run { ConsoleLine.write($0) }
        } catch {
            throw error.reported
        }
    }

    private func parsePeers() throws -> [NodeOptions.Voter] {
        try reporting { () throws(Failure) in try ServerConfiguration.peers(peers) }
    }
}

private func reporting<Value>(_ body: () throws(Failure) -> Value) throws -> Value {
    do throws(Failure) {
        return try body()
    } catch {
        throw error.reported
    }
}

extension Failure {
    /// Says the sentence on the standard error, and leaves the exit status.
    fileprivate var reported: ExitCode {
        ConsoleLine.error("adod: \(message)")
        return ExitCode(status)
    }
}
