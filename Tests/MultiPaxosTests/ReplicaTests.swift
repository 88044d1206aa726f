import ADO
import ADOObjects
import MultiPaxos
import Synchronization
import TestSupport
import Testing

extension `A cluster in one process` {
    @Suite struct `keeps its replicas the same` {
        @Test func `so that their digests agree`() async throws {
            try await withCluster { cluster, replicas in
                let settings = cluster.object(KeyValue.self, named: "settings")
                for number in 0..<100 {
                    try await settings.call(.set("key \(number % 7)", to: "\(number)"))
                }
                let statuses = try await agreement(on: settings.name, of: replicas)
                #expect(statuses.count == 3)
                #expect(statuses[0].digest != 0)
                #expect(Set(statuses.map(\.digest)).count == 1)
            }
        }

        @Test func `through the restart of each of them`() async throws {
            try await withCluster { cluster, replicas in
                let settings = cluster.object(KeyValue.self, named: "settings")
                let policy = CallPolicy.exactlyOnce(deadline: .seconds(20))
                for id in 1...3 as ClosedRange<UInt64> {
                    try await settings.call(.set("before \(id)", to: "yes"), policy: policy)
                    await replicas.stop(id)
                    try await settings.call(.set("without \(id)", to: "yes"), policy: policy)
                    try replicas.start(id)
                }
                #expect(try await settings.call(.count) == 6)
                let statuses = try await agreement(on: settings.name, of: replicas)
                #expect(Set(statuses.map(\.digest)).count == 1)
            }
        }

        @Test func `through a restart of all`() async throws {
            try await withCluster { cluster, replicas in
                let hits = cluster.object(Counter.self, named: "hits")
                for _ in 0..<20 { try await hits.call(.add(1)) }
                for id in 1...3 as ClosedRange<UInt64> { await replicas.stop(id) }
                for id in 1...3 as ClosedRange<UInt64> { try replicas.start(id) }
                let policy = CallPolicy.exactlyOnce(deadline: .seconds(20))
                #expect(try await hits.call(.add(1), policy: policy) == 21)
            }
        }

        @Test func `and lends their logs`() async throws {
            try await withCluster { cluster, replicas in
                let hits = cluster.object(Counter.self, named: "hits")
                for _ in 0..<50 { try await hits.call(.add(1)) }
                let statuses = try await agreement(on: hits.name, of: replicas)
                let last = try #require(statuses.first?.applied)
                for id in 1...3 as ClosedRange<UInt64> {
                    let log = Mutex<[UInt64]>([])
                    let end = try await cluster.client.fetchAll(hits.name, from: id) { frame in
                        let (first, count) = (frame.first, frame.count)
                        log.withLock { $0 += (0..<count).map { first + UInt64($0) } }
                    }
                    #expect(end == last)
                    #expect(log.withLock { $0 } == Array(1...last))
                }
            }
        }

        @Test func `and says that it has no such log`() async throws {
            try await withCluster(replicas: 1) { cluster, _ in
                let none = ObjectName(type: "Counter", name: "none")
                await #expect(throws: NodeError.self) {
                    try await cluster.client.fetch(none, from: 1) { _ in }
                }
            }
        }
    }

    @Suite struct `hosts only the types it has` {
        @Test func `and applies a log from its start once the type comes`() async throws {
            try await withCluster { _, replicas in
                try await withClient(of: replicas, types: TypeRegistry()) { client async throws in
                    let flag = client.object(Flag.self, named: "finish")
                    let failure = await #expect(throws: CallFailure.self) {
                        try await flag.call(.raise)
                    }
                    guard case .unhosted = failure else {
                        Issue.record("hosted nowhere, and answered: \(String(describing: failure))")
                        return
                    }
                    replicas.types.host(Flag.self)
                    #expect(try await flag.call(.raise))
                    #expect(try await flag.call(.isRaised))
                }
            }
        }

        @Test func `but a client may own the others`() async throws {
            try await withCluster { cluster, replicas in
                try await withClient(of: replicas, types: TypeRegistry()) { client in
                    let flag = client.object(Flag.self, named: "finish")
                    try await poll(until: "the client owns the object") {
                        (try? await flag.pull()) != nil
                    }
                    #expect(try flag.invoke(.raise))
                    try await flag.push()
                    #expect(flag.committed?.raised == true)
                }
            }
        }
    }
}

/// Waits until all servers have applied the same log, and returns what they say.
private func agreement(
    on object: ObjectName, of replicas: EmbeddedReplicas
) async throws -> [ObjectStatus] {
    try await poll(for: "the servers have applied the same log") {
        let statuses = try await replicas.statuses(of: object).compactMap { $0 }
        guard statuses.count == replicas.running.count else { return nil }
        let commit = statuses.map(\.commit).max()
        return statuses.allSatisfy { $0.applied == commit } ? statuses : nil
    }
}
