import ADO
import ADOApps
import ADOObjects
import ADOSpec
import Testing

@Suite(.serialized) struct `Two-phase commit` {
    @Test(arguments: TwoPhaseCommit.PullPlacement.allCases)
    func `commits at all or at none, whatever goes wrong once`(
        placement: TwoPhaseCommit.PullPlacement
    ) async {
        let game = CommitGame(placement)
        let result = await Exploration.explore(depth: 400, unkind: 1) {
            player throws(Violation) in try await game.play(player)
        }
        #expect(result.failure == nil)
        #expect(result.isComplete)
        #expect(result.runs > 200)
    }

    @Test(arguments: TwoPhaseCommit.PullPlacement.allCases)
    func `commits at all or at none under an adversary`(
        placement: TwoPhaseCommit.PullPlacement
    ) async {
        var game = CommitGame(placement)
        game.deaths = 2
        #expect(await game.firstLost(seeds: 1...400) == nil)
    }

    /// Of two transactions of each manager the first concerns one resource manager, or the other.
    @Test(arguments: TwoPhaseCommit.PullPlacement.allCases)
    func `commits wherever a transaction takes part, or nowhere`(
        placement: TwoPhaseCommit.PullPlacement
    ) async {
        for first in CommitGame.names {
            var game = CommitGame(placement)
            game.participants = { $0 == 1 ? [first] : Set(CommitGame.names) }
            let result = await Exploration.explore(depth: 400, unkind: 1) {
                player throws(Violation) in try await game.play(player)
            }
            #expect(result.failure == nil)
            #expect(result.isComplete)
            game.deaths = 2
            #expect(await game.firstLost(seeds: 1...100) == nil)
        }
    }

    /// Else both lives would go on under one epoch, and could decide a transaction differently.
    @Test func `fences the life before of a manager that is made anew`() async throws {
        let log = LocalBackend()
        log.host(ResourceManager.self)
        let lives = (1...2).map { _ in TwoPhaseCommit(over: ["a", "b"], on: log, identity: 7) }
        let changes = ["a": [ResourceChange("x", by: 1)], "b": [ResourceChange("x", by: 1)]]
        // The first does not know at once that it is fenced: a transaction of its is not done then.
        for life in lives + lives { _ = try await life.run(changes) }
        try await lives[0].recover()
        for name in ["a", "b"] {
            let manager = try #require(log.committed(ResourceManager.self, named: name)?.object)
            #expect(manager.epoch.number > 2)
            let commits = manager.decided.filter { $0.decision == .commit }.map(\.id.epoch.number)
            #expect(Set(commits).count >= 2 && commits == commits.sorted())
        }
    }

    /// Managers overtake each other at any points, or one of them dies.
    @Test(
        arguments: [
            (TwoPhaseCommit.PullPlacement.atStart, 0), (.perTransaction, 0),
            (.perPhase, 0), (.perPhase, 1),
        ])
    func `commits at all or at none in any order`(
        placement: TwoPhaseCommit.PullPlacement, deaths: Int
    ) async {
        var game = CommitGame(placement)
        game.deaths = deaths
        if placement != .atStart { game.scripts = [1, 1] }
        let result = await Exploration.explore(
            depth: 400, unkind: 2, make: { OraclePlayer($0, choosesOutcomes: false) }
        ) { player throws(Violation) in
            try await game.play(player)
        }
        #expect(result.failure == nil)
        #expect(result.isComplete)
        #expect(result.runs > 200)
    }

    /// The manager is killed before each of its operations, and right after each.
    @Test(arguments: TwoPhaseCommit.PullPlacement.allCases)
    func `survives its manager at every step`(placement: TwoPhaseCommit.PullPlacement) async {
        var game = CommitGame(placement)
        game.scripts = [2]
        let result = await Exploration.explore(depth: 400, unkind: 1) {
            player throws(Violation) in try await game.play(player)
        }
        #expect(result.failure == nil)
        #expect(result.isComplete)
    }

    @Test func `tells what became of a transaction`() async throws {
        let player = OraclePlayer()
        let manager = TwoPhaseCommit(over: ["a", "b"], on: player.client(1), identity: 7)
        let epoch = Epoch(number: 1, manager: 7)
        let first = try await manager.run([
            "a": [ResourceChange("x", by: 2)], "b": [ResourceChange("y", by: 1)],
        ])
        #expect(first == .committed(TransactionID(epoch: epoch, number: 1)))
        let second = try await manager.run([
            "a": [ResourceChange("x", by: 1)], "b": [ResourceChange("y", by: -2)],
        ])
        let id = TransactionID(epoch: epoch, number: 2)
        #expect(second == .aborted(id, .refused(by: "b", .insufficient("y"))))
        #expect(player.committed(ResourceManager.self, named: "a")?.quantity(of: "x") == 2)
        #expect(player.committed(ResourceManager.self, named: "a")?.outcome(of: id) == .abort)
    }

    @Test func `is shut out by the next manager`() async throws {
        let player = OraclePlayer()
        let changes = ["a": [ResourceChange("x", by: 1)], "b": [ResourceChange("x", by: 1)]]
        let old = TwoPhaseCommit(over: ["a", "b"], on: player.client(1), identity: 1)
        let new = TwoPhaseCommit(over: ["a", "b"], on: player.client(2), identity: 2)
        _ = try await old.run(changes)
        _ = try await new.run(changes)
        guard case .aborted = try await old.run(changes) else {
            Issue.record("a manager that was replaced went on")
            return
        }
        // It enrolls again, and then it is the other one that is shut out.
        guard case .committed = try await old.run(changes) else {
            Issue.record("it did not come back")
            return
        }
        try player.check()
    }

    @Test func `does one transaction at a time, over managers that it knows`() async {
        let manager = TwoPhaseCommit(over: ["a"], on: OraclePlayer().client(1))
        await #expect(throws: TwoPhaseCommit.Failure.notBegun(.unreadable)) {
            try await manager.run(["b": []])
        }
    }
}
