internal import ADO
public import MultiPaxos
public import Provenance

/// Why a committed entry of a cluster's object returned what it did, or why a key reads as it does.
public enum LogExplanation {
    /// Asks the servers which object it is, reads its log and explains the reply; then follows what
    /// the caller had seen into the logs of other objects, as far as was recorded.
    ///
    /// Costs one transfer of that part of each log; deposes nobody. `journal` holds external events
    /// of the clients, which no log has.
    ///
    /// - Throws: ``Failure`` with status 4 if the log has been trimmed or ends before the entry.
    public static func gather(
        _ question: LogQuestion, mode: ExplanationMode, cluster name: String,
        peers: [NodeOptions.Voter], journal: [FileJournal.Entry] = [], timeout: Duration
    ) async throws(Failure) -> ExplanationReport {
        let report = try await ClusterReport.gather(cluster: name, peers: peers, timeout: timeout)
        try report.checkReachable()
        let objects = report.objects
        let object = try question.object(among: objects)
        let commit = objects.first { $0.type == object.type && $0.name == object.name }?.commit
        let index = question.index ?? commit ?? 0
        guard index >= 1, index <= commit ?? 0 else {
            throw Failure(
                "the log of \(object.type)/\(object.name) is committed up to \(commit ?? 0) only",
                status: Failure.gap)
        }
        let client = try await connect(name, peers, timeout)
        let inquiry = LogInquiry(
            client: client, servers: peers.map(\.node), objects: objects, mode: mode,
            journal: journal, patience: max(timeout * 5, .seconds(20)))
        let result: Result<ExplanationReport, Failure>
        do throws(Failure) {
            result = .success(
                question.key == nil
                    ? try await inquiry.explain(object, index)
                    : try await inquiry.explain(object, reading: question.key ?? "", after: index))
        } catch {
            result = .failure(error)
        }
        await client.shutdown()
        return try result.get()
    }

    private static func connect(
        _ name: String, _ peers: [NodeOptions.Voter], _ timeout: Duration
    ) async throws(Failure) -> Cluster {
        do throws(NodeError) {
            let options = NodeOptions(cluster: name, voters: peers)
            return try await Cluster.connect(options, timeout: timeout)
        } catch {
            throw Failure(error)
        }
    }
}
