import ADO
import ADOObjects
import MultiPaxos
import TestSupport
import Testing

extension `A cluster in one process` {
    @Suite struct `lets a client own an object` {
        @Test func `that is new`() async throws {
            try await withCluster { cluster, replicas in
                let settings = cluster.object(KeyValue.self, named: "settings")
                let state = try await pull(settings)
                #expect(state.count == 0)
                #expect(try settings.invoke(.set("mode", to: "safe")) == nil)
                #expect(try settings.invoke(.set("mode", to: "fast")) == "safe")
                let through = try await settings.push()
                #expect(settings.isOwner)
                #expect(settings.pending.isEmpty)

                try await replicas.waitUntilApplied(settings.name, through: through)
                #expect(settings.committed?["mode"] == "fast")
                #expect(try settings.invoke(.set("more", to: "yes")) == nil)
                #expect(try await settings.push() == through + 1)
            }
        }

        @Test func `and counts the entry that begins an empty log`() async throws {
            try await withCluster { cluster, _ in
                let hits = cluster.object(Counter.self, named: "hits")
                try await pull(hits)
                let pulled = try await cluster.client.pull(
                    hits.name, as: Counter.self, timeout: .seconds(5))
                #expect(pulled.tip == 1)
                #expect(pulled.committed.lastIndex == 0)
            }
        }

        @Test func `that others called before, and gives it back to them`() async throws {
            try await withCluster { cluster, replicas in
                try await withClient(of: replicas) { other in
                    let caller = other.object(Counter.self, named: "hits")
                    try await caller.call(.add(5))
                    let owner = cluster.object(Counter.self, named: "hits")
                    #expect(try await pull(owner).value == 5)
                    #expect(try owner.invoke(.add(2)) == 7)
                    try await owner.push()
                    let policy = CallPolicy.exactlyOnce(deadline: .seconds(20))
                    #expect(try await caller.call(.add(1), policy: policy) == 8)
                }
            }
        }

        @Test func `or a server, which applies it as well`() async throws {
            try await withCluster { cluster, replicas in
                let node = try #require(replicas.node(2))
                let here = node.object(Counter.self, named: "hits")
                let there = cluster.object(Counter.self, named: "hits")
                try await here.call(.add(1))
                try await there.call(.add(10))
                #expect(try await pull(here).value == 11)
                #expect(try here.invoke(.add(100)) == 111)
                try await here.push()
                let policy = CallPolicy.exactlyOnce(deadline: .seconds(20))
                #expect(try await there.call(.add(1000), policy: policy) == 1111)
                #expect(try await here.call(.value, policy: policy) == 1111)
            }
        }

        @Test func `until another client pulls it`() async throws {
            try await withCluster { cluster, replicas in
                try await withClient(of: replicas) { other in
                    let first = cluster.object(KeyValue.self, named: "settings")
                    let second = other.object(KeyValue.self, named: "settings")
                    try await pull(first)
                    _ = try first.invoke(.set("a", to: "1"))
                    try await first.push()
                    _ = try first.invoke(.set("b", to: "lost"))

                    #expect(try await pull(second)["a"] == "1")
                    _ = try second.invoke(.set("c", to: "3"))
                    try await second.push()

                    await #expect(throws: PushFailure.self) { try await first.push() }
                    #expect(!first.isOwner)
                    let state = try await pull(first)
                    #expect(state["a"] == "1")
                    #expect(state["b"] == nil)
                    #expect(state["c"] == "3")
                }
            }
        }

        @Test func `only with a quorum`() async throws {
            try await withCluster { cluster, replicas in
                let settings = cluster.object(KeyValue.self, named: "settings")
                try await ownAlone(settings, replicas)
                // Each of them: what an earlier one could not send is not in the log.
                for _ in 0..<3 {
                    await #expect(throws: PushFailure.self) {
                        try await settings.push(timeout: .milliseconds(300))
                    }
                    #expect(settings.committed?["a"] == nil)
                }
                let policy = CallPolicy.exactlyOnce(deadline: .seconds(3))
                await #expect(throws: CallFailure.self) {
                    try await settings.call(.set("b", to: "2"), policy: policy)
                }
                await #expect(throws: PullFailure.self) {
                    try await settings.pull(timeout: .milliseconds(300))
                }
                try replicas.start(1)
                try replicas.start(2)
                // What was unknown is on one disk at least; whoever pulls next may find it there.
                let state = try await pull(settings)
                #expect([nil, "1"].contains(state["a"]))
            }
        }

        @Test func `and pushes later what it could not send`() async throws {
            try await withCluster { cluster, replicas in
                let settings = cluster.object(KeyValue.self, named: "settings")
                try await ownAlone(settings, replicas)
                // What was sent before it is known that servers are gone cannot fail so: there is
                // always more. The server that is left may ask for the object, which ends this.
                try await poll(until: "nothing can be sent") {
                    _ = try? settings.invoke(.set("a", to: "1"))
                    let failure = await #expect(throws: PushFailure.self) {
                        try await settings.push(timeout: .milliseconds(300))
                    }
                    return failure == .busy || !settings.isOwner
                }
                try replicas.start(1)
                try replicas.start(2)
                try await poll(until: "it is pushed, or the servers took the object") {
                    do throws(PushFailure) {
                        try await settings.push()
                        return true
                    } catch {
                        return !settings.isOwner
                    }
                }
                let wasOwner = settings.isOwner
                // What was unknown is on one disk, and whoever pulls may find it there.
                let a = try await pull(settings)["a"]
                #expect(a == "1" || a == nil && !wasOwner)
            }
        }

        /// What it invoked since would come to something else in the log than it was told.
        @Test func `until somebody calls through the same node`() async throws {
            try await withCluster { cluster, _ in
                let owner = cluster.object(Counter.self, named: "hits")
                let caller = cluster.object(Counter.self, named: "hits")
                try await pull(owner)
                #expect(try owner.invoke(.add(1)) == 1)
                try await owner.push()
                #expect(try await caller.call(.add(10)) == 11)
                #expect(try owner.invoke(.add(100)) == 101)
                let failure = await #expect(throws: PushFailure.self) { try await owner.push() }
                #expect(failure == .stale(unknown: []))
                #expect(try await pull(owner).value == 11)
                #expect(try owner.invoke(.add(100)) == 111)
                try await owner.push()
                #expect(try await caller.call(.value) == 111)
            }
        }

        @Test func `also while others read through the same node`() async throws {
            try await withCluster { cluster, _ in
                let owner = cluster.object(Counter.self, named: "hits")
                let reader = cluster.object(Counter.self, named: "hits")
                try await owner.call(.add(1))
                try await pull(owner)
                #expect(try await reader.call(.value) == 1)
                for number in 2...4 {
                    #expect(try owner.invoke(.add(1)) == number)
                    try await owner.push()
                    #expect(try await reader.call(.value) == number)
                }
                #expect(owner.isOwner)
            }
        }
    }
}

/// Pulls an object and invokes a method, with too few servers left to push it to.
private func ownAlone(_ settings: Handle<KeyValue>, _ replicas: EmbeddedReplicas) async throws {
    try await pull(settings)
    await replicas.stop(1)
    await replicas.stop(2)
    _ = try settings.invoke(.set("a", to: "1"))
}

/// Pulls until it succeeds: the serving node may hold a higher ballot at first.
@discardableResult
private func pull<Object>(_ handle: Handle<Object>) async throws -> Object {
    try await poll(for: "the client owns the object") {
        do {
            return try await handle.pull()
        } catch PullFailure.preempted, PullFailure.noQuorum, PullFailure.busy {
            return nil
        }
    }
}
