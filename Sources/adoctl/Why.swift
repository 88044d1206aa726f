import ADOServer
public import ArgumentParser
import MultiPaxos
public import Provenance
import ProvenanceFiles

/// Explains a reply.
struct Why: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json, dot, svg
    }

    static let configuration = CommandConfiguration(
        abstract: "Explain why a call returned what it did, from the log.",
        discussion: """
            Give an entry of a running cluster, object@index, with --peers; or an object with \
            --get KEY, to ask why the key reads as it does, after an entry or now, also a KVLock \
            or KVLockFree by its name; or --trace with a file of a recorded trace, which needs no \
            cluster. --journal adds what clients wrote down of failed pulls, pushes and calls; \
            alone it prints that.

            Exit status: 0 explained; 2 the reply has no cause; 3 the answer is approximate; 4 the \
            log no longer holds, or does not yet hold, what is asked about; 64 wrong usage.
            """)

    @Argument(help: "A committed entry of an object, for instance settings@123.")
    var entry: String?

    @Option(help: "Why this key of the object reads as it does, after the entry, or now.")
    var get: String?

    @Option(help: "A client's journal of external events.")
    var journal: String?

    @Option(help: "A recorded trace, as JSON.")
    var trace: String?

    @Option(help: "The servers: 1=host:port,2=host:port,…")
    var peers: String?

    @Option(help: "The cluster's name.")
    var cluster: String = "ado"

    @Option(help: "Milliseconds to wait for a server.")
    var timeoutMs: UInt32 = 2000

    @Option(help: "exact: every witness. latest: one. faithful: those that replay as they did.")
    var mode: ExplanationMode = .exact

    @Option(help: "How to print the answer.")
    var format: Format = .text

    func validate() throws {
        guard [entry, trace].count(where: { $0 != nil }) == 1 || isJournalAlone else {
            throw ValidationError(
                "Give either an entry, object@index, or --trace FILE, or --journal FILE alone.")
        }
        guard get == nil || entry != nil else {
            throw ValidationError("Say which object --get \(get ?? "") is about.")
        }
        guard !isJournalAlone || format == .text || format == .json else {
            throw ValidationError("A journal is printed as text or json.")
        }
        guard entry == nil || peers != nil else {
            throw ValidationError("Say with --peers 1=host:port,… where the cluster is.")
        }
    }

    private var isJournalAlone: Bool { journal != nil && entry == nil && trace == nil }

    func run() async throws {
        var status: Int32 = 0
        do throws(Failure) {
            guard !isJournalAlone else { return try printJournal() }
            let report = try await explain()
            ConsoleLine.write(written(report))
            status = report.verdict.exitStatus
        } catch {
            ConsoleLine.error("adoctl: \(error.message)")
            status = error.status
        }
        if status != 0 { throw ExitCode(status) }
    }

    private func explain() async throws(Failure) -> ExplanationReport {
        if let entry, let peers {
            return try await LogExplanation.gather(
                try LogQuestion(entry, key: get), mode: mode, cluster: cluster,
                peers: try ServerConfiguration.peers(peers), journal: try events(),
                timeout: .milliseconds(timeoutMs))
        }
        do throws(TraceFailure) {
            return try TraceFile(path: trace ?? "").explain(mode)
        } catch {
            throw Failure(error.description, status: 64)
        }
    }

    private func events() throws(Failure) -> [FileJournal.Entry] {
        guard let journal else { return [] }
        return try JournalReport.read(journal)
    }

    private func printJournal() throws(Failure) {
        let events = try events()
        ConsoleLine.write(
            format == .json ? JournalReport.json(events) : JournalReport.text(events))
    }

    private func written(_ report: ExplanationReport) -> String {
        switch format {
        case .text: report.text
        case .json: report.json
        case .dot: report.stitched.dot
        case .svg: report.stitched.svg
        }
    }
}

extension ExplanationMode: ExpressibleByArgument {}
