import ADO
import ADOObjects
import Synchronization
import TestSupport
import Testing

@testable import MultiPaxos

private let policy = CallPolicy.exactlyOnce(deadline: .seconds(20))

extension `A cluster in one process` {
    @Suite(.serialized) struct `stops an object whose replicas differ` {
        init() { Odd.process.isMended.store(false, ordering: .relaxed) }

        @Test func `and names the first entry that differs, and both digests`() async throws {
            try await withCluster { cluster, replicas in
                let odd = cluster.object(Odd.self, named: "odd")
                try await add(40, to: odd)
                _ = try await odd.call(.tellProcess, policy: policy)
                try? await add(300, to: odd)
                let reason = try await stopReason(of: odd.name, on: replicas)
                let places = try await places(of: .tellProcess, in: odd.name, cluster)
                let divergence = try #require(reason.divergence)
                #expect(reason.index == places.first)
                #expect(divergence.isExact)
                #expect(divergence.subject == .results)
                #expect(divergence.method == "tellProcess")
                #expect(divergence.witnesses.count == 2)
                #expect(Set(divergence.witnesses.map(\.digest)).count == 2)
                #expect(Set(divergence.witnesses.map(\.node)).isSubset(of: [1, 2, 3]))
            }
        }

        @Test func `wherever it is asked, and no other`() async throws {
            try await withCluster { cluster, replicas in
                let odd = cluster.object(Odd.self, named: "odd")
                let settings = cluster.object(KeyValue.self, named: "settings")
                _ = try await odd.call(.tellProcess, policy: policy)
                let reason = try await stopReason(of: odd.name, on: replicas)

                let called = await #expect(throws: CallFailure.self) {
                    try await odd.call(.add, policy: policy)
                }
                guard case .quarantined(let told, _?)? = called else {
                    Issue.record("failed as \(String(describing: called))")
                    return
                }
                // Of which two replicas it tells depends on who compared them first.
                #expect(told.index == reason.index)
                #expect(told.divergence?.method == "tellProcess")
                let read = await #expect(throws: CallFailure.self) {
                    try await odd.call(.value, policy: policy)
                }
                #expect(read == .quarantined(told, nil))
                let pulled = await #expect(throws: PullFailure.self) { try await odd.pull() }
                guard case .quarantined(let why)? = pulled, why.divergence != nil else {
                    Issue.record("failed as \(String(describing: pulled))")
                    return
                }
                try await settings.call(.set("mode", to: "safe"), policy: policy)
                let others = try await replicas.statuses(of: settings.name)
                #expect(others.allSatisfy { $0?.quarantine == nil })
            }
        }

        @Test func `where one is behind, and where one comes back`() async throws {
            try await withCluster { cluster, replicas in
                let odd = cluster.object(Odd.self, named: "odd")
                let late = try await follower(replicas)
                try await add(5, to: odd)
                await replicas.stop(late)
                _ = try await odd.call(.tellProcess, policy: policy)
                let reason = try await stopReason(of: odd.name, on: replicas)
                try replicas.start(late)
                // It learns it, whatever it came to itself.
                let learned = try await stopReason(of: odd.name, on: replicas)
                #expect(learned.index == reason.index)
            }
        }

        @Test func `and finds it again after a restart of all`() async throws {
            try await withCluster { cluster, replicas in
                let odd = cluster.object(Odd.self, named: "odd")
                try await add(3, to: odd)
                _ = try await odd.call(.tellProcess, policy: policy)
                let reason = try await stopReason(of: odd.name, on: replicas)
                try await restart(replicas)
                // What the last one who owned it had committed is known once somebody owns it.
                _ = try? await odd.call(.add, policy: policy)
                let again = try await stopReason(of: odd.name, on: replicas)
                #expect(again.index == reason.index)
                #expect(again.divergence?.method == "tellProcess")
            }
        }

        @Test func `until a version that is mended replays it`() async throws {
            try await withCluster { cluster, replicas in
                let odd = cluster.object(Odd.self, named: "odd")
                try await add(3, to: odd)
                _ = try await odd.call(.tellProcess, policy: policy)
                _ = try await stopReason(of: odd.name, on: replicas)
                Odd.process.isMended.store(true, ordering: .relaxed)
                try await restart(replicas)
                try await withClient(of: replicas) { client async throws in
                    let mended = client.object(Odd.self, named: "odd")
                    #expect(try await mended.call(.value, policy: policy) == 3)
                    #expect(try await mended.call(.add, policy: policy) == 4)
                }
            }
        }

        @Test func `also if no result shows it, once the object is at rest`() async throws {
            try await withCluster { cluster, replicas in
                let odd = cluster.object(Odd.self, named: "odd")
                try await add(2, to: odd)
                try await poll(until: "the states were compared") {
                    try await hashed(odd.name, on: replicas) > 0
                }
                let agreed = try await hashed(odd.name, on: replicas)
                _ = try await odd.call(.keepProcess, policy: policy)
                let reason = try await stopReason(of: odd.name, on: replicas)
                let place = try #require(
                    try await places(of: .keepProcess, in: odd.name, cluster).first)
                let divergence = try #require(reason.divergence)
                #expect(divergence.subject == .state)
                #expect((agreed..<place).contains(divergence.agreed))
                #expect(divergence.index >= place)
            }
        }

        @Test func `but not because of a client that differs`() async throws {
            Odd.process.isMended.store(true, ordering: .relaxed)
            try await withCluster { cluster, replicas in
                let odd = cluster.object(Odd.self, named: "odd")
                _ = try await odd.call(.tellProcess, policy: policy)
                try await poll(until: "the servers have applied it") {
                    guard
                        let place = try await places(of: .tellProcess, in: odd.name, cluster).first
                    else { return false }
                    let statuses = try await replicas.statuses(of: odd.name)
                    return statuses.allSatisfy { $0?.applied ?? 0 >= place }
                }
                // From here on whoever replays the log comes to something else.
                Odd.process.isMended.store(false, ordering: .relaxed)
                try await withClient(of: replicas) { client async throws in
                    let mine = client.object(Odd.self, named: "odd")
                    try await poll(until: "the client stops its own replica") { () async in
                        do throws(PullFailure) {
                            _ = try await mine.pull()
                            return false
                        } catch {
                            if case .quarantined = error { return true }
                            return false
                        }
                    }
                }
                let statuses = try await replicas.statuses(of: odd.name)
                #expect(statuses.allSatisfy { $0?.quarantine == nil })
                #expect(try await odd.call(.add, policy: policy) == 1)
            }
        }
    }
}

private func add(_ count: Int, to odd: Handle<Odd>) async throws {
    for _ in 0..<count { _ = try await odd.call(.add, policy: policy) }
}

/// Waits until every running server has stopped the object, and returns why the first one did.
private func stopReason(
    of object: ObjectName, on replicas: EmbeddedReplicas
) async throws -> Quarantine {
    try await poll(for: "every replica has stopped") {
        let reasons = try await replicas.statuses(of: object).map { $0?.quarantine }
        guard reasons.allSatisfy({ $0?.divergence != nil }) else { return nil }
        return reasons.first ?? nil
    }
}

private func restart(_ replicas: EmbeddedReplicas) async throws {
    for id in 1...3 as ClosedRange<UInt64> { await replicas.stop(id) }
    for id in 1...3 as ClosedRange<UInt64> { try replicas.start(id) }
}

/// A server that is not elected to serve.
private func follower(_ replicas: EmbeddedReplicas) async throws -> UInt64 {
    let serving = try await replicas.serving()
    return serving == 1 ? 2 : 1
}

/// The lowest index through which a state of every server was hashed.
private func hashed(_ object: ObjectName, on replicas: EmbeddedReplicas) async throws -> UInt64 {
    var lowest = UInt64.max
    for node in replicas.running {
        let core = node.core
        let index = await core.onLoop { _ in
            core.loop.hosts[object.group]?.states.points.last?.index
        }
        lowest = min(lowest, try index.get() ?? 0)
    }
    return lowest
}

/// Where the log calls a method.
private func places(
    of method: Odd.Method, in object: ObjectName, _ cluster: Cluster
) async throws -> [UInt64] {
    let found = Mutex<[UInt64]>([])
    try await cluster.client.fetchAll(object, from: try #require(cluster.replicas).serving()) {
        frame in
        for index in frame.first...frame.last {
            guard let payload = frame.payload(of: index) else { continue }
            let isCall = try? Reader.read(payload) { reader throws(DecodingFailure) in
                let header = try CallHeader.readSkippingOrigin(&reader)
                let tag = try reader.u8()
                return header.operation == .method && tag == method.rawValue
            }
            guard isCall == true else { continue }
            found.withLock { $0.append(index) }
        }
    }
    return found.withLock { $0 }
}
