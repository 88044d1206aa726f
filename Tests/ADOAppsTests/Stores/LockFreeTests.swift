import ADO
import ADOObjects
import Testing

@testable import ADOApps

/// A store without a lock, beside writers that stopped between their steps.
@Suite struct `A place that is reserved` {
    private let backend = LocalBackend()
    private let store: KVLockFree
    private let data: Handle<DVector<String>>
    private let meta: Handle<MetaVector>

    init() {
        backend.host(DVector<String>.self)
        backend.host(MetaVector.self)
        store = KVLockFree(named: "s", on: backend)
        data = Handle(DVector<String>.self, named: "s.data", on: backend)
        meta = Handle(MetaVector.self, named: "s.meta", on: backend)
    }

    /// Points a key to a place and does not fill it, as a client that died meanwhile.
    private func point(_ key: String) async throws -> UInt64 {
        let index = try await data.call(.fill(reserving: 1)).reserved
        let pointer = MetaPointer(
            key, Meta(size: 1, index: index), hash: KeyHash.fnv1a(key))
        try await meta.call(.point([pointer]))
        return index
    }

    private func leads(_ key: String) async throws -> MetaLeads? {
        try await meta.call(.leads(key, hash: KeyHash.fnv1a(key)))
    }

    @Test func `does not keep readers from what was before`() async throws {
        try await store.set("k", to: "before")
        for _ in 1...3 { _ = try await point("k") }
        #expect(try await store.get("k") == "before")
        #expect(try await store.meta(of: "k")?.size == 6)
        try await store.set("k", to: "after")
        #expect(try await store.get("k") == "after")
        // The next write says so, and nothing leads to what was never filled.
        try await store.set("l", to: "1")
        #expect(try await leads("k")?.all.count == 1)
    }

    @Test func `is no value if nothing was before`() async throws {
        _ = try await point("k")
        #expect(try await store.get("k") == nil)
        #expect(try await store.meta(of: "k") == nil)
    }

    @Test func `counts once it is filled, however late`() async throws {
        try await store.set("k", to: "before")
        let index = try await point("k")
        #expect(try await data.call(.fill(["x"], at: [index])).refused == [])
        #expect(try await store.get("k") == "x")
        #expect(try await store.meta(of: "k")?.size == 1)
        #expect(try await store.remove("k"))
        #expect(try await store.get("k") == nil)
    }

    @Test func `is no value to remove`() async throws {
        _ = try await point("k")
        #expect(try await store.remove("k") == false)
        try await store.set("l", to: "1")
        _ = try await point("l")
        #expect(try await store.remove("l"))
        #expect(try await leads("l") == nil)
    }

    @Test func `that is sealed is not what a write ends with`() async throws {
        try await store.set("k", to: "1")
        // Nothing is filled that the store has reserved.
        try await data.call(.seal())
        try await store.set("k", to: "2")
        #expect(try await store.get("k") == "2")
        let end = try await data.call(.count)
        try await meta.call(.seal(end))
        try await store.set("k", to: "3")
        #expect(try await store.get("k") == "3")
    }

    @Test func `that cannot be filled is another one for its write alone`() async throws {
        let steps = WriteSteps(data: data, meta: meta, hash: { KeyHash.fnv1a($0) })
        let deadline = data.surroundings.now + .seconds(60)
        func write(_ keys: [String], _ value: String) async throws {
            let writes = keys.map {
                Gathering.Write(key: $0, value: value + $0, deadline: deadline)
            }
            for outcome in await steps.write(writes) { try outcome.get() }
        }
        try await write(["k"], "1")
        // The next places of the writer, the second of which somebody takes.
        let next = try #require(try await leads("k")?.all.first?.index) + 1
        try await data.call(.fill(["x"], at: [next + 1]))
        try await write(["a", "b", "c"], "2")
        for key in ["a", "b", "c"] { #expect(try await store.get(key) == "2" + key) }
        #expect(try await data.call(.get(next + 1)) == "x")
    }

    @Test func `is not taken for a value that is too large for an entry`() async throws {
        let large = String(repeating: "x", count: 2_000_000)
        await #expect(throws: StoreFailure.notDone(.tooLarge)) {
            try await store.set("k", to: large)
        }
        #expect(try await leads("k") == nil)
        try await store.set("k", to: "small")
        #expect(try await store.get("k") == "small")
    }

    @Test func `is forgotten by a collection if it was not filled`() async throws {
        _ = try await point("dead")
        try await store.set("k", to: "1")
        _ = try await point("k")
        _ = try await store.collect()
        #expect(try await leads("dead") == nil)
        #expect(try await leads("k")?.pending == [])
        #expect(try await store.get("k") == "1")
    }

    @Test func `is never filled after a collection`() async throws {
        try await store.set("k", to: "1")
        let index = try await point("dead")
        _ = try await store.collect()
        #expect(try await data.call(.fill(["x"], at: [index])).refused == [index])
        #expect(try await store.get("dead") == nil)
        #expect(try await store.get("k") == "1")
    }

    @Test func `whose value was freed under its key is a store that cannot be read`() async throws {
        try await store.set("k", to: "1")
        try await store.set("l", to: "1")
        let settled = try #require(try await leads("k")?.settled)
        try await data.call(.remove([settled.index]))
        await #expect(throws: StoreFailure.notDone(.unreadable)) { try await store.get("k") }
    }
}

@Suite struct `Memory of a store without a lock` {
    private let backend = LocalBackend()
    private let data: Handle<DVector<String>>
    private let meta: Handle<MetaVector>

    init() {
        backend.host(DVector<String>.self)
        backend.host(MetaVector.self)
        data = Handle(DVector<String>.self, named: "s.data", on: backend)
        meta = Handle(MetaVector.self, named: "s.meta", on: backend)
    }

    @Test func `holds few replaced values of a client that goes on`() async throws {
        let store = KVLockFree(named: "s", on: backend)
        for number in 1...100 { try await store.set("k", to: "\(number)") }
        #expect(try await data.pull().occupiedCount <= 4)
        #expect(try await store.get("k") == "100")
    }

    @Test func `holds few of clients that write once`() async throws {
        for number in 1...100 {
            let store = KVLockFree(named: "s", on: backend)
            try await store.set("k", to: "\(number)")
        }
        let leads = try await meta.call(.leads("k", hash: KeyHash.fnv1a("k")))
        #expect(try #require(leads).all.count <= 18)
        let store = KVLockFree(named: "s", on: backend)
        #expect(try await store.get("k") == "100")
        _ = try await store.collect()
        #expect(try await data.pull().occupiedCount == 1)
        #expect(try await store.get("k") == "100")
    }

    @Test func `is freed by a client that only removes`() async throws {
        let writer = KVLockFree(named: "s", on: backend)
        for number in 0..<300 { try await writer.set("\(number)", to: "v") }
        let remover = KVLockFree(named: "s", on: backend)
        for number in 0..<300 { #expect(try await remover.remove("\(number)")) }
        #expect(try await data.pull().occupiedCount < 300 - 200)
    }

    @Test func `has one place for several writes of a key that go together`() async throws {
        let steps = WriteSteps(data: data, meta: meta, hash: { _ in 7 })
        let deadline = data.surroundings.now + .seconds(60)
        let writes = [("k", "1"), ("\u{e9}", "2"), ("k", "3"), ("e\u{301}", "4")].map {
            Gathering.Write(key: $0.0, value: $0.1, deadline: deadline)
        }
        let outcomes = await steps.write(writes)
        #expect(outcomes.count == 4)
        for outcome in outcomes { #expect(throws: Never.self) { try outcome.get() } }
        #expect(try await data.pull().elements.map(\.element).sorted() == ["2", "3", "4"])
    }
}
