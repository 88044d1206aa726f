import ADO
import ADOApps
import ADOObjects
import ADOSpec
import Testing

@testable import ADOSimulator

extension `The player finds` {
    @Test(arguments: FlawedCommit.allCases)
    func `a commit protocol with a mistake`(flaw: FlawedCommit) async {
        var found: Violation?
        for placement in TwoPhaseCommit.PullPlacement.allCases where found == nil {
            var game = CommitGame(placement)
            game.deaths = 2
            game.run = { manager, changes throws(TwoPhaseCommit.Failure) in
                try await flaw.run(manager, changes)
            }
            found = await game.firstLost(seeds: 1...1000)?.violation
            if found == nil { found = await firstLost(game) }
        }
        #expect(found?.rule == "atomicity")
    }
}

/// What goes wrong if only the order of the operations is chosen.
private func firstLost(_ game: CommitGame) async -> Violation? {
    let result = await Exploration.explore(
        depth: 400, unkind: 3, make: { OraclePlayer($0, choosesOutcomes: false) }
    ) { player throws(Violation) in
        try await game.play(player)
    }
    return result.failure?.violation
}

@Suite struct `The judge of atomicity` {
    private typealias Manager = AtomicityCheck.Manager

    private func id(_ number: UInt64) -> TransactionID {
        TransactionID(epoch: Epoch(number: 1, manager: 1), number: number)
    }

    @Test func `accepts what two managers agree on`() {
        let both = ["a", "b"].map {
            Manager(name: $0, decided: [Decided(id(1), .commit), Decided(id(3), .commit)])
        }
        #expect(AtomicityCheck.judgeEnd(both, []) == nil)
    }

    @Test func `rejects a transaction that is committed here and aborted there`() {
        let managers = [
            Manager(name: "a", decided: [Decided(id(1), .commit)]),
            Manager(name: "b", decided: [Decided(id(1), .abort)]),
        ]
        #expect(
            AtomicityCheck.judge(managers)?.explanation
                == "1.1/1 is committed at a, not at b")
    }

    @Test func `rejects an order that no single log has, and what is committed twice`() {
        for numbers in [[2, 1], [1, 1]] as [[UInt64]] {
            let manager = Manager(
                name: "a", decided: numbers.map { Decided(id($0), .commit) })
            #expect(AtomicityCheck.judge([manager]) != nil)
        }
    }

    private func manager(_ name: String, _ quantities: [String: Int]) -> Manager {
        Manager(name: name, quantity: { quantities[$0] ?? 0 })
    }

    private func transaction(
        _ participants: Set<String>, _ told: TwoPhaseCommit.Outcome? = nil
    ) -> AtomicityCheck.Transaction {
        AtomicityCheck.Transaction(tag: "t", participants: participants, amount: 2, told: told)
    }

    @Test func `accepts what is committed wherever it takes part, or nowhere`() {
        let some = [
            manager("a", ["t": 1, "x": 2]), manager("b", ["t": 1, "x": 2]), manager("c", [:]),
        ]
        #expect(AtomicityCheck.judgeEnd(some, [transaction(["a", "b"])]) == nil)
        let told = transaction(["a", "b"], .committed(id(1)))
        #expect(AtomicityCheck.judgeEnd(some, [told]) == nil)
        let none = ["a", "b", "c"].map { manager($0, [:]) }
        #expect(AtomicityCheck.judgeEnd(none, [transaction(["a", "b"])]) == nil)
        let off = transaction(["a", "b"], .aborted(id(1), .fenced))
        #expect(AtomicityCheck.judgeEnd(none, [off]) == nil)
    }

    @Test func `rejects what is committed in part, elsewhere or twice`() {
        let some = [
            manager("a", ["t": 1, "x": 2]), manager("b", ["t": 1, "x": 2]), manager("c", [:]),
        ]
        #expect(AtomicityCheck.judgeEnd(some, [transaction(["a", "b", "c"])]) != nil)
        #expect(AtomicityCheck.judgeEnd(some, [transaction(["a"])]) != nil)
        let twice = [manager("a", ["t": 2, "x": 4])]
        #expect(AtomicityCheck.judgeEnd(twice, [transaction(["a"])]) != nil)
        // The tag once, the rest twice; and more given than there was.
        let half = [manager("a", ["t": 1, "x": 4])]
        #expect(AtomicityCheck.judgeEnd(half, [transaction(["a"])]) != nil)
        #expect(AtomicityCheck.judgeEnd([manager("a", ["x": -1])], []) != nil)
    }

    @Test func `rejects what is left after recovery, and what was not told truly`() {
        let open = Manager(name: "b", prepared: [id(1)])
        #expect(AtomicityCheck.judgeEnd([open], []) != nil)
        let done = manager("a", ["t": 1, "x": 2])
        let off = transaction(["a"], .aborted(id(1), .fenced))
        #expect(AtomicityCheck.judgeEnd([done], [off]) != nil)
        let on = transaction(["a"], .committed(id(1)))
        #expect(AtomicityCheck.judgeEnd([manager("a", [:])], [on]) != nil)
    }
}
