import ADO
import ADOApps
import ADOObjects
import ADOSpec
import Testing

@testable import ADOSimulator

/// Stores with planted mistakes, each of which the player must find.
@Suite(.serialized) struct `The player finds` {
    private static let collected = `A store with a lock`.collected

    private func lost(
        _ scripts: [[StoreGame.Move]]? = nil, deaths: Int = 1,
        _ make: @escaping @Sendable (TurnBackend) -> any StoreClient
    ) async -> String? {
        var game = StoreGame(make: make)
        if let scripts { game.scripts = scripts }
        game.deaths = deaths
        return await game.firstLost(seeds: 1...3000)?.violation.rule
    }

    private static func store(_ backend: TurnBackend) -> KVLock {
        KVLock(named: "s", on: backend, owner: backend.node, options: Stores.lock(.retry(8)))
    }

    @Test func `a key that leads to where a value will be`() async {
        #expect(await lost { MetaFirst(store: Self.store($0)) } == "places")
    }

    @Test func `a holder that was thought dead and is not fenced`() async {
        let rule = await lost(Self.collected) { Unfenced(store: Self.store($0)) }
        #expect(rule == "places")
    }

    @Test func `a write that is repeated as another request`() async {
        let scripts: [[StoreGame.Move]] = [
            [.perform(.set("a", "1"))],
            [.perform(.get("a")), .perform(.set("a", "3")), .perform(.get("a"))],
        ]
        #expect(await lost(scripts) { Careless(.repeats, on: $0) } == "linearizable")
    }

    @Test func `a failure that is taken for success`() async {
        #expect(await lost { Careless(.guesses, on: $0) } == "linearizable")
    }

    @Test func `a collection that does not seal`() async {
        let rule = await lost(Self.collected, deaths: 0) { Careless(.collectsUnsealed, on: $0) }
        #expect(rule == "places")
    }

    @Test func `a read that takes a place for filled because a key leads to it`() async {
        #expect(await lost(deaths: 0) { Hasty(.takesNewest, on: $0) } == "linearizable")
    }

    @Test func `a read that takes what was freed for what is not written yet`() async {
        let scripts: [[StoreGame.Move]] = [
            (1...3).map { .perform(.set("a", "1\($0)")) },
            [.perform(.set("a", "2"))] + (3...5).map { .perform(.set("a", "2\($0)")) },
            [.perform(.get("a")), .perform(.get("a"))],
        ]
        #expect(await lost(scripts) { Hasty(.takesFreedForVacant, on: $0) } == "linearizable")
    }

    @Test func `keys that are told apart by their hashes`() async {
        #expect(await lost { Careless(.ignoresKeys, on: $0) } == "linearizable")
    }
}

@Suite struct `The judge of places` {
    private func judge(_ places: [(String, Meta)], _ values: [String]) -> String? {
        var data = DVector<String>()
        var scratch = Writer()
        for value in values {
            try? data.apply(.append(value, freeing: [], fence: 0), result: &scratch)
        }
        try? data.apply(.remove([0], fence: 0), result: &scratch)
        return PlaceCheck.judge(places.map { (key: $0.0, meta: $0.1) }, data)?.explanation
    }

    @Test func `accepts what leads to its value`() {
        #expect(judge([("k", Meta(size: 1, index: 1))], ["a", "b"]) == nil)
    }

    @Test func `rejects what leads nowhere, to what was freed, or to something else`() {
        let values = ["a", "b", "c"]
        #expect(
            judge([("k", Meta(size: 1, index: 3))], values)
                == "k leads to 3, and the data ends at 3")
        #expect(judge([("k", Meta(size: 1, index: 0))], values) == "k leads to 0, which was freed")
        #expect(judge([("k", Meta(size: 2, index: 1))], values) == "k has 1 bytes and not 2")
        #expect(
            judge([("k", Meta(size: 1, index: 1)), ("l", Meta(size: 1, index: 1))], values)
                == "l and another key lead to 1")
    }
}
