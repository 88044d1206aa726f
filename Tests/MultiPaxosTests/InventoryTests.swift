import ADO
import ADOObjects
import MultiPaxos
import TestSupport
import Testing

extension `A cluster in one process` {
    @Suite struct `lists its objects` {
        @Test func `to every client, until they are removed`() async throws {
            try await withCluster { cluster, replicas in
                let hits = try await cluster.create(Counter.self, named: "hits")
                _ = try await cluster.create(KeyValue.self, named: "settings")
                try await hits.call(.add(3))
                try await withClient(of: replicas) { other in
                    let names = try await other.objects()
                    #expect(names.map(\.type) == ["Counter", "KeyValue"])
                    #expect(try await other.remove(Counter.self, named: "hits"))
                }
                await #expect(throws: CallFailure.removed) { try await hits.call(.add(1)) }
                #expect(try await cluster.objects().map(\.name) == ["settings"])
                let again = try await cluster.create(Counter.self, named: "hits")
                #expect(try await again.call(.add(1)) == 1)
            }
        }

        @Test func `after a restart of all servers`() async throws {
            try await withCluster { cluster, replicas in
                let hits = try await cluster.create(Counter.self, named: "hits")
                try await hits.call(.add(3))
                _ = try await cluster.create(Counter.self, named: "gone")
                #expect(try await cluster.remove(Counter.self, named: "gone"))
                for server in UInt64(1)...3 { await replicas.stop(server) }
                for server in UInt64(1)...3 { try replicas.start(server) }
                let policy = CallPolicy.exactlyOnce(deadline: .seconds(20))
                #expect(try await cluster.client.objects(policy: policy).map(\.name) == ["hits"])
                let gone = cluster.object(Counter.self, named: "gone")
                await #expect(throws: CallFailure.removed) {
                    try await gone.call(.add(1), policy: policy)
                }
            }
        }
    }
}
