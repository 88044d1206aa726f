import ADO
import ADOApps
import ADOObjects
import Testing

/// The examples of the documentation, so that they compile and do what they say.
@Suite struct `The examples of the documentation` {
    private let backend = LocalBackend()

    init() {
        backend.host(TimeoutLock.self)
        backend.host(DVector<String>.self)
        backend.host(DVector<MetaBucket>.self)
        backend.host(MetaVector.self)
        backend.host(Lock.self)
        backend.host(ResourceManager.self)
        backend.host(TicketLock.self)
    }

    @Test func `show a store with a lock`() async throws {
        let settings = KVLock(named: "settings", on: backend)
        #expect(try await settings.set("mode", to: "safe") == nil)
        #expect(try await settings.get("mode") == "safe")
        #expect(try await settings.meta(of: "mode") == KeyValue.Meta(size: 4))
        #expect(try await settings.set("mode", to: "fast") == "safe")
        #expect(try await settings.remove("mode") == "fast")
        #expect(try await settings.get("mode") == nil)
        #expect(try await settings.collect() == 2)
    }

    @Test func `show a store without a lock`() async throws {
        let settings = KVLockFree(named: "settings", on: backend)
        try await settings.set("mode", to: "safe")
        #expect(try await settings.get("mode") == "safe")
        #expect(try await settings.meta(of: "mode") == KeyValue.Meta(size: 4))
        try await settings.set("mode", to: "fast")
        #expect(try await settings.collect() == 1)
        #expect(try await settings.remove("mode"))
        #expect(try await settings.get("mode") == nil)
    }

    @Test func `show what goes together`() async throws {
        let manager = TwoPhaseCommit(over: ["stock", "orders"], on: backend)
        let brought = try await manager.run(["stock": [ResourceChange("apples", by: 3)]])
        guard case .committed = brought else {
            Issue.record("\(brought)")
            return
        }
        let outcome = try await manager.run([
            "stock": [ResourceChange("apples", by: -2)],
            "orders": [ResourceChange("apples", by: 2)],
        ])
        guard case .committed = outcome else {
            Issue.record("\(outcome)")
            return
        }
        let stock = backend.committed(ResourceManager.self, named: "stock")?.object
        #expect(stock?.quantity(of: "apples") == 1)
    }

    @Test func `show locks`() async throws {
        let lock = Handle(Lock.self, named: "migration", on: backend)
        let data = Handle(DVector<String>.self, named: "data", on: backend)
        let token = try #require(try await lock.call(.tryAcquire(owner: 7)))
        try await data.call(.insert("v2", at: 0, fence: token))
        #expect(try await lock.call(.release(token)))

        let leader = Handle(TimeoutLock.self, named: "leader", on: backend)
        for _ in 1...2 {
            switch try await leader.call(.tryAcquire(owner: 7, patience: 3)) {
            case .granted(let token): #expect(try await leader.call(.checkIn(token)))
            case .held(let grant):
                _ = try await leader.call(.tick(grant.token, seen: grant.elapsed))
            }
        }
        let fair = Handle(TicketLock.self, named: "fair", on: backend)
        #expect(try await fair.call(.acquire(owner: 7)) == .granted(token: 1))
        #expect(try await fair.call(.acquire(owner: 8)) == .waiting(ahead: 1))
    }
}
