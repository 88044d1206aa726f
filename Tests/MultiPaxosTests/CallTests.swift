import ADO
import ADOObjects
import MultiPaxos
import TestSupport
import Testing

extension `A cluster in one process` {
    @Suite struct `answers calls` {
        @Test func `and remembers what was set`() async throws {
            try await withCluster { cluster, _ async throws in
                let settings = cluster.object(KeyValue.self, named: "settings")
                #expect(try await settings.call(.set("mode", to: "safe")) == nil)
                #expect(try await settings.call(.set("mode", to: "fast")) == "safe")
                #expect(try await settings.call(.get("mode")) == "fast")
                #expect(try await settings.call(.get("none")) == nil)
                #expect(try await settings.call(.count) == 1)
            }
        }

        @Test func `of two clients at once and loses none`() async throws {
            try await withCluster { cluster, replicas in
                try await withClient(of: replicas) { other in
                    let here = cluster.object(Counter.self, named: "hits")
                    let there = other.object(Counter.self, named: "hits")
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<100 {
                            group.addTask { try await here.call(.add(1)) }
                            group.addTask { try await there.call(.add(100)) }
                        }
                        try await group.waitForAll()
                    }
                    #expect(try await here.call(.value) == 10_100)
                    #expect(try await there.call(.value) == 10_100)
                }
            }
        }

        @Test func `of one method with its own error`() async throws {
            try await withCluster(replicas: 1) { cluster, _ in
                let hits = cluster.object(Counter.self, named: "hits")
                try await hits.call(.add(.max))
                let failure = await #expect(throws: CallFailure.self) {
                    try await hits.call(.add(1))
                }
                guard case .thrown(let thrown) = failure else {
                    Issue.record("not thrown by the method: \(String(describing: failure))")
                    return
                }
                #expect(try thrown.error(as: Counter.Overflow.self).value == .max)
            }
        }

        @Test func `for many objects`() async throws {
            try await withCluster { cluster, _ async throws in
                for number in 0..<50 {
                    let counter = cluster.object(Counter.self, named: "counter \(number)")
                    #expect(try await counter.call(.add(number)) == number)
                }
                let last = cluster.object(Counter.self, named: "counter 49")
                #expect(try await last.call(.value) == 49)
            }
        }

        @Test func `without one of the servers, whichever it is`() async throws {
            try await withCluster { cluster, replicas in
                let hits = cluster.object(Counter.self, named: "hits")
                try await hits.call(.add(1))
                let serving = try await replicas.serving()
                await replicas.stop(serving)
                for expected in 2...20 {
                    let policy = CallPolicy.exactlyOnce(deadline: .seconds(20))
                    #expect(try await hits.call(.add(1), policy: policy) == expected)
                }
                try replicas.start(serving)
                let follower: UInt64 = serving == 1 ? 2 : 1
                await replicas.stop(follower)
                let policy = CallPolicy.exactlyOnce(deadline: .seconds(20))
                #expect(try await hits.call(.add(1), policy: policy) == 21)
            }
        }
    }

    @Suite struct `ends every call in time` {
        @Test func `when no quorum is left`() async throws {
            try await withCluster { cluster, replicas in
                let hits = cluster.object(Counter.self, named: "hits")
                try await hits.call(.add(1))
                await replicas.stop(1)
                await replicas.stop(2)
                let start = ContinuousClock.now
                await #expect(throws: CallFailure.self) {
                    let policy = CallPolicy.exactlyOnce(deadline: .milliseconds(400))
                    try await hits.call(.add(1), policy: policy)
                }
                #expect(ContinuousClock.now - start < .seconds(20))
            }
        }

        @Test func `when its task is cancelled`() async throws {
            try await withCluster { cluster, replicas in
                let hits = cluster.object(Counter.self, named: "hits")
                try await hits.call(.add(1))
                await replicas.stop(1)
                await replicas.stop(2)
                let task = Task {
                    let policy = CallPolicy.exactlyOnce(deadline: .seconds(60))
                    try await hits.call(.add(1), policy: policy)
                }
                try await Task.sleep(for: .milliseconds(20))
                let start = ContinuousClock.now
                task.cancel()
                await #expect(throws: CallFailure.self) { try await task.value }
                #expect(ContinuousClock.now - start < .seconds(20))
            }
        }

        @Test func `after shutdown`() async throws {
            let cluster = try await Cluster.embedded(replicas: 1)
            let hits = cluster.object(Counter.self, named: "hits")
            try await hits.call(.add(1))
            await cluster.shutdown()
            await cluster.shutdown()
            await #expect(throws: CallFailure.self) { try await hits.call(.add(1)) }
            await #expect(throws: PullFailure.closed) { try await hits.pull() }
        }
    }
}
