import ADO
import ADOApps
import ADOSpec
import Testing

@testable import ADOSimulator

@Suite(.serialized) struct `A store with a lock` {
    static let collected = [
        [StoreGame.Move.perform(.set("a", "1")), .perform(.remove("a")), .perform(.set("b", "2"))],
        [.perform(.set("a", "3")), .collect, .perform(.get("b"))],
        [.collect, .perform(.set("b", "4")), .perform(.get("a"))],
    ]

    private func game(_ policy: FailurePolicy, keeps: Bool = true) -> StoreGame {
        StoreGame {
            KVLock(
                named: "s", on: $0, owner: $0.node, options: Stores.lock(policy, keeps: keeps))
        }
    }

    @Test func `does what a dictionary does`() async throws {
        let player = OraclePlayer()
        try await game(.abort).play(player)
        try player.check()
    }

    @Test(arguments: [FailurePolicy.spin, .abort, .retry(8)], [true, false])
    func `is one, whatever goes wrong once`(policy: FailurePolicy, keeps: Bool) async {
        let game = game(policy, keeps: keeps)
        let result = await Exploration.explore(depth: 400, unkind: 1) {
            player throws(Violation) in try await game.play(player)
        }
        #expect(result.failure == nil)
        #expect(result.isComplete)
        #expect(result.runs > 100)
    }

    @Test(arguments: [(0, 3, true), (0, 3, false), (1, 2, true), (1, 2, false)])
    func `is one in any order`(deaths: Int, unkind: Int, keeps: Bool) async {
        var game = game(.retry(8), keeps: keeps)
        game.deaths = deaths
        let result = await game.explore(unkind: unkind)
        #expect(result.failure == nil)
        #expect(result.isComplete)
        #expect(result.runs > 500)
    }

    @Test(arguments: [FailurePolicy.spin, .abort, .retry(8)])
    func `is one under an adversary`(policy: FailurePolicy) async {
        #expect(await game(policy).firstLost(seeds: 1...150) == nil)
        var collected = game(policy)
        collected.scripts = Self.collected
        collected.deaths = 2
        #expect(await collected.firstLost(seeds: 1...150) == nil)
    }
}

@Suite(.serialized) struct `A store without a lock` {
    private let game = StoreGame { KVLockFree(named: "s", on: $0, options: Stores.free) }

    @Test func `is a dictionary, whatever goes wrong once`() async {
        let game = game
        let result = await Exploration.explore(depth: 400, unkind: 1) {
            player throws(Violation) in try await game.play(player)
        }
        #expect(result.failure == nil)
        #expect(result.isComplete)
        #expect(result.runs > 100)
    }

    @Test(arguments: [(0, 2), (1, 2)])
    func `is a dictionary in any order`(deaths: Int, unkind: Int) async {
        var game = game
        game.deaths = deaths
        game.scripts = `A store with a lock`.collected
        let result = await game.explore(unkind: unkind)
        #expect(result.failure == nil)
        #expect(result.isComplete)
        #expect(result.runs > 200)
    }

    @Test func `is a dictionary under an adversary`() async {
        #expect(await game.firstLost(seeds: 1...150) == nil)
        var collected = game
        collected.scripts = `A store with a lock`.collected
        collected.deaths = 2
        #expect(await collected.firstLost(seeds: 1...150) == nil)
    }

    /// What is late is unknown, and may still be done.
    @Test func `is a dictionary for clients without patience`() async {
        let game = StoreGame {
            KVLockFree(named: "s", on: $0, options: Stores.hasty)
        }
        #expect(await game.firstLost(seeds: 1...150) == nil)
        var collected = game
        collected.scripts = `A store with a lock`.collected
        #expect(await collected.firstLost(seeds: 1...150) == nil)
    }

    @Test func `is a dictionary if writes go in groups`() async {
        var grouped = StoreGame { GroupedStore(on: $0) }
        let once = grouped
        let result = await Exploration.explore(depth: 400, unkind: 1) {
            player throws(Violation) in try await once.play(player)
        }
        #expect(result.failure == nil)
        #expect(result.isComplete)
        #expect(result.runs > 100)
        grouped.scripts = `A store with a lock`.collected
        grouped.deaths = 2
        #expect(await grouped.firstLost(seeds: 1...150) == nil)
    }
}
