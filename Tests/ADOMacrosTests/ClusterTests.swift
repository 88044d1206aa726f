#if Macros
import ADO
import MultiPaxos
import TestSupport
import Testing

/// Real servers in this process; one cluster at a time, because each has eight threads.
@Suite(.serialized) struct `A derived object on a cluster` {
    private func withCluster(
        types: TypeRegistry = TypeRegistry(),
        _ body: (Cluster, EmbeddedReplicas) async throws -> Void
    ) async throws {
        let cluster = try await Cluster.embedded(replicas: 3, types: types)
        do {
            try await body(cluster, try #require(cluster.replicas))
            await cluster.shutdown()
        } catch {
            await cluster.shutdown()
            throw error
        }
    }

    @Test func `is pulled, invoked, pushed and called, and survives a restart`() async throws {
        try await withCluster { cluster, replicas in
            let depot = cluster.object(Depot.self, named: "main")
            let policy = CallPolicy.exactlyOnce(deadline: .seconds(20))
            try await depot.call(.put(5, of: "nail"), policy: policy)
            try await depot.pull()
            #expect(try depot.invoke(.take(2, of: "nail")) == 3)
            #expect(throws: InvokeFailure.thrown(MethodFailure(Refusal(left: 3)))) {
                try depot.invoke(.take(9, of: "nail"))
            }
            try await depot.push()
            for id in 1...3 as ClosedRange<UInt64> {
                await replicas.stop(id)
                try replicas.start(id)
            }
            #expect(try await depot.call(.count(of: "nail"), policy: policy) == 3)
            #expect(try await depot.call(.record("done", at: 1), policy: policy) == "done")
        }
    }

    @Test func `is refused by name where the servers' version lacks a method`() async throws {
        let types = TypeRegistry()
        types.host(Third.Notebook.self)
        try await withCluster(types: types) { cluster, replicas in
            let young = cluster.object(Third.Notebook.self, named: "n")
            let policy = CallPolicy.exactlyOnce(deadline: .seconds(20))
            #expect(try await young.call(.add(5), policy: policy) == 5)
            let client = try await replicas.client(types: TypeRegistry())
            let old = client.object(First.Notebook.self, named: "n")
            let failure = await #expect(throws: CallFailure.self) {
                try await old.call(.write("hello"), policy: policy)
            }
            if case .quarantined(let why, _?) = failure {
                #expect(why.cause == .missingMethod("write(_: String)"))
            } else {
                Issue.record("failed as \(String(describing: failure))")
            }
            // Where the method is there, the object goes on, and the entry has its effect.
            #expect(try await old.pull() == First.Notebook(sum: 5, lines: ["hello"]))
            let refusal = await #expect(throws: PullFailure.self) { try await young.pull() }
            if case .quarantined(let why) = refusal {
                #expect(why.cause == .missingMethod("write(_: String)"))
            } else {
                Issue.record("failed as \(String(describing: refusal))")
            }
            await client.shutdown()
        }
    }
}
#endif
