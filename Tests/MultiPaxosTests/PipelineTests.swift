import ADO
import ADOObjects
import MultiPaxos
import Synchronization
import TestSupport
import Testing

extension `A cluster in one process` {
    @Suite struct `takes calls in bulk` {
        @Test func `and answers each exactly once`() async throws {
            try await withCluster { cluster, replicas in
                replicas.types.host(Counter.self)
                let seen = Mutex(Seen())
                let pipeline = try await Pipeline.open(
                    Counter.self, named: "hits", on: cluster.client, keepsFailed: true
                ) { _, replies in
                    seen.withLock { $0.note(replies) }
                }
                var submitted = 0
                while submitted < 5000 {
                    submitted += try pipeline.submit { block in
                        for _ in 0..<min(block.room, 500, 5000 - submitted) {
                            block.append(.add(1))
                        }
                    }
                    try await Task.sleep(for: .milliseconds(1))
                }
                // A slow machine may change its server meanwhile: what failed is sent again.
                try await poll(until: "all calls are answered") {
                    for request in seen.withLock({ $0.takeFailed() }) {
                        try pipeline.retry(from: request) { $0.append(.add(1)) }
                    }
                    return seen.withLock { $0.requests.count } == 5000
                }
                #expect(seen.withLock { $0.requests } == Set(1...5000))
                #expect(seen.withLock { $0.highest } == 5000)
                #expect(pipeline.room == Pipeline<Counter>.capacityMax)
                let hits = cluster.object(Counter.self, named: "hits")
                #expect(try await hits.call(.value) == 5000)
                pipeline.close()
            }
        }

        @Test func `and reads without the log`() async throws {
            try await withCluster { cluster, replicas in
                let hits = cluster.object(Counter.self, named: "hits")
                try await hits.call(.add(42))
                let seen = Mutex(Seen())
                let pipeline = try await Pipeline.open(
                    Counter.self, named: "hits", on: cluster.client
                ) { _, replies in
                    seen.withLock { $0.note(replies) }
                }
                try pipeline.submitReads { block in
                    for _ in 0..<100 { block.append(.value) }
                }
                try await poll(until: "all reads are answered") {
                    seen.withLock { $0.reads } == 100
                }
                #expect(seen.withLock { $0.highest } == 42)
                let before = try await replicas.statuses(of: hits.name)
                #expect(before.compactMap { $0?.applied }.max() ?? 0 < 50)
            }
        }

        /// Some ten thousand would take more memory than there is.
        @Test func `and goes on after more large results than are held at once`() async throws {
            try await withCluster { cluster, replicas in
                replicas.types.host(KeyValue.self)
                let store = cluster.object(KeyValue.self, named: "large")
                let value = String(repeating: "v", count: 300_000)
                _ = try await store.call(.set("key", to: value))
                let seen = Mutex<[ReplyOutcome]>([])
                let pipeline = try await Pipeline.open(
                    KeyValue.self, named: "large", on: cluster.client
                ) { _, replies in
                    seen.withLock { seen in
                        for position in 0..<replies.count { seen.append(replies[position].outcome) }
                    }
                }
                let count = 300
                try pipeline.submitReads { for _ in 0..<count { $0.append(.get("key")) } }
                try await poll(until: "all are answered", within: .seconds(60)) {
                    seen.withLock { $0.count } >= count
                }
                let outcomes = Set(seen.withLock { $0 })
                #expect(outcomes.isSubset(of: [.ok, .busy, .unknown]), "\(outcomes)")
                #expect(try await store.call(.get("key")) == value)
                pipeline.close()
            }
        }

        @Test func `and does a call once that is sent twice`() async throws {
            try await withCluster { cluster, replicas in
                replicas.types.host(Counter.self)
                let seen = Mutex(Seen())
                let pipeline = try await Pipeline.open(
                    Counter.self, named: "hits", on: cluster.client, keepsFailed: true
                ) { _, replies in
                    seen.withLock { $0.note(replies) }
                }
                try pipeline.submit { $0.append(.add(7)) }
                try pipeline.retry(from: 1) { $0.append(.add(7)) }
                try await poll(until: "both are answered") { seen.withLock { $0.answers } == 2 }
                #expect(seen.withLock { $0.highest } == 7)
                let hits = cluster.object(Counter.self, named: "hits")
                #expect(try await hits.call(.value) == 7)
            }
        }
    }
}

/// What a callback saw.
private struct Seen {
    var requests: Set<UInt64> = []
    var answers = 0
    var reads = 0
    var failed: [UInt64] = []
    var highest = 0

    mutating func note(_ replies: borrowing Replies) {
        for position in 0..<replies.count { note(replies[position]) }
    }

    private mutating func note(_ reply: PipelineReply) {
        guard reply.outcome == .ok else {
            failed.append(reply.number)
            return
        }
        if reply.isRead { reads += 1 } else { answers += 1 }
        requests.insert(reply.number)
        let value = try? Int.decoded(from: Array(reply.payload))
        highest = max(highest, value ?? 0)
    }

    mutating func takeFailed() -> [UInt64] {
        defer { failed = [] }
        return failed
    }
}
