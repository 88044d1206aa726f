import ADOServer
import ArgumentParser
import Logging
import MultiPaxos

@main
struct Adod: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adod", abstract: "A server of a cluster of atomic distributed objects.",
        subcommands: [Run.self, Format.self, Verify.self, Repair.self],
        defaultSubcommand: Run.self)
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

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read all of a directory that no server uses, and name what is damaged.",
        discussion: "Nothing is changed. The exit status is 74 if something is damaged.")

    @Option(help: "The voting directory.")
    var data: String

    func run() throws {
        try reporting { () throws(Failure) in
            let report = try DirectoryReport.verify(directory: data)
            for line in report.lines { ConsoleLine.write(line) }
            try report.check()
        }
    }
}

struct Repair: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Restore damaged batches of a directory that no server uses, from a copy.",
        discussion: "A batch is taken only if it is, by its checksum, the very one that is "
            + "damaged; so the copy may be of any age, and of any server of the cluster. The exit "
            + "status is 74 if something still is damaged.")

    @Option(help: "The voting directory to repair.")
    var data: String

    @Option(help: "Another directory of the cluster, e.g. a backup; it is not used either.")
    var from: String?

    func run() throws {
        try reporting { () throws(Failure) in
            let report = try DirectoryReport.repair(directory: data, from: from)
            for line in report.lines { ConsoleLine.write(line) }
            try report.check()
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

    @Option(help: "Bytes of an object's log between two snapshots of its state; 0 for none.")
    var snapshotBytes: UInt64 = 64 << 20

    @Option(help: "Append each transition of the protocol to this file, for checkers.")
    var trace: String?

    @Option(help: "Mebibytes of --trace after which tracing stops.")
    var traceLimit: UInt32 = 1024

    @Option(help: "Kibibytes of the log that are verified in a second, to find damage early.")
    var scrubKib: UInt32 = 4096

    func validate() throws {
        guard scrubKib >= 1 else {
            throw ValidationError("--scrub-kib is 0; give at least 1.")
        }
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
        configuration.snapshotBytes = snapshotBytes
        configuration.trace = trace
        configuration.traceLimit = UInt64(traceLimit) << 20
        configuration.scrubBytesPerSecond = UInt64(scrubKib) << 10
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
