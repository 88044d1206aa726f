import ADO
import ADOObjects
import MultiPaxos
import TestSupport
import Testing

extension ServerCluster {
    /// Compares what the writers were told with what the servers have.
    ///
    /// Nothing acknowledged is lost, nothing that was refused is there, nothing is counted twice,
    /// and the replicas agree.
    func verify(
        _ ledger: Writers.Ledger, _ client: Cluster,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        #expect(!ledger.acknowledged.isEmpty, sourceLocation: sourceLocation)
        #expect(ledger.unknownAdditions.isEmpty, sourceLocation: sourceLocation)
        // Before the pull: whoever owns the keys tells the others what is committed.
        try await waitUntilAgreed(on: Writers.keys, client)
        try await waitUntilAgreed(on: Writers.sum, client)
        let state = try await readAll(client)
        let lost = Self.lost(ledger, in: state)
        #expect(lost.isEmpty, "\(lost.count) lost", sourceLocation: sourceLocation)
        let unknown = ledger.unknownKeys.count { state[$0] != nil }
        #expect(
            state.count == ledger.acknowledged.count + unknown, "a refused write was done",
            sourceLocation: sourceLocation)
        let sum = try await client.object(Counter.self, named: Writers.sum.name).call(.value)
        #expect(sum == ledger.added, sourceLocation: sourceLocation)
        try await verifyLogs(ledger, client, sourceLocation: sourceLocation)
    }

    /// Every server has the same log, with each acknowledged write in it once.
    private func verifyLogs(
        _ ledger: Writers.Ledger, _ client: Cluster, sourceLocation: SourceLocation
    ) async throws {
        var first: CommittedLog?
        for node in nodes {
            let log = try await CommittedLog.read(of: Writers.keys, from: node, client)
            let complaints = log.complaints(ledger.acknowledged.keys)
            #expect(complaints.isEmpty, "node \(node)", sourceLocation: sourceLocation)
            // One that is ahead knows of more; what both have must be equal.
            let differing = first?.checksums.filter { last, checksum in
                log.checksums[last].map { $0 != checksum } ?? false
            }
            #expect(differing?.isEmpty ?? true, "node \(node)", sourceLocation: sourceLocation)
            first = first ?? log
        }
    }

    /// The keys that were acknowledged and are not there.
    static func lost(_ ledger: Writers.Ledger, in state: KeyValue) -> [String] {
        ledger.acknowledged.filter { state[$0.key] != $0.value }.map(\.key).sorted()
    }

    /// The whole state of the keys, which a pull brings at once.
    func readAll(_ client: Cluster) async throws -> KeyValue {
        let keys = client.object(KeyValue.self, named: Writers.keys.name)
        return try await poll(for: "the keys are pulled") {
            try? await keys.pull(timeout: .seconds(2))
        }
    }
}
