import ADO
import ADOObjects
import MultiPaxos
import Synchronization
import TestSupport
import Testing

extension `A cluster in one process` {
    @Suite struct `tells the changes of an object` {
        @Test func `to a client that only reads, as they are committed`() async throws {
            try await withCluster { cluster, replicas in
                try await withClient(of: replicas) { reader in
                    let hits = cluster.object(Counter.self, named: "hits")
                    let sums = Task {
                        try await Self.sums(50, of: reader.object(Counter.self, named: "hits"))
                    }
                    for _ in 0..<50 { try await hits.call(.add(1)) }
                    #expect(try await sums.value == Array(1...50))
                }
            }
        }

        @Test func `while servers stop and start again`() async throws {
            try await withCluster { cluster, replicas in
                let hits = cluster.object(Counter.self, named: "hits")
                let sums = Task { try await Self.sums(30, of: hits) }
                let policy = CallPolicy.exactlyOnce(deadline: .seconds(20))
                for server in UInt64(1)...3 {
                    for _ in 0..<5 { try await hits.call(.add(1), policy: policy) }
                    await replicas.stop(server)
                    for _ in 0..<5 { try await hits.call(.add(1), policy: policy) }
                    try replicas.start(server)
                }
                #expect(try await sums.value == Array(1...30))
            }
        }

        @Test func `to a server from its own log`() async throws {
            try await withCluster { cluster, replicas in
                let node = try #require(replicas.node(2))
                let sums = Task {
                    try await Self.sums(10, of: node.object(Counter.self, named: "hits"))
                }
                let hits = cluster.object(Counter.self, named: "hits")
                for _ in 0..<10 { try await hits.call(.add(1)) }
                #expect(try await sums.value == Array(1...10))
            }
        }

        @Test func `until the node is shut down`() async throws {
            try await withCluster { cluster, replicas in
                let reader = try await replicas.client()
                let hits = reader.object(Counter.self, named: "hits")
                try await hits.call(.add(1))
                let isWaiting = Atomic(false)
                let end = Task {
                    var changes = hits.changes().makeAsyncIterator()
                    do throws(Changes<Counter>.Failure) {
                        while try await changes.next() != nil {
                            isWaiting.store(true, ordering: .relaxed)
                        }
                        return false
                    } catch {
                        return error == .closed
                    }
                }
                try await poll(until: "the reader has begun") {
                    isWaiting.load(ordering: .relaxed)
                }
                await reader.shutdown()
                #expect(await end.value)
            }
        }

        /// The sums of a counter after each addition, by the changes alone; fails at a gap.
        private static func sums(_ count: Int, of hits: Handle<Counter>) async throws -> [Int] {
            var sums: [Int] = []
            var next: UInt64 = 1
            for try await element in hits.changes() {
                guard case .change(let change) = element else { break }
                #expect(change.index == next)
                next = change.index + 1
                guard case .add(let amount) = change.method else { continue }
                sums.append((sums.last ?? 0) + Int(amount))
                if sums.count == count { break }
            }
            return sums
        }
    }
}
