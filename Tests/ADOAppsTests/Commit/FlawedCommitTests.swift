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
        #expect(AtomicityCheck.judgeEnd(both, [.committed(id(1)), .aborted(id(2))]) == nil)
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

    /// A manager that forgot all but its last decisions, as one does after a thousand of them.
    private func forgetful(_ name: String, _ numbers: [UInt64]) -> Manager {
        Manager(name: name, decided: numbers.map { Decided(id($0), .commit) }, decisions: 1030)
    }

    @Test func `compares of two long histories what neither has forgotten`() {
        let long = forgetful("a", [5, 6, 8])
        let short = forgetful("b", [6, 8])
        #expect(AtomicityCheck.judgeEnd([long, short], [.committed(id(3))]) == nil)
        let missing = forgetful("b", [5, 8])
        let text = AtomicityCheck.judgeEnd([long, missing], [])?.explanation
        #expect(text == "a and b have committed different things")
        #expect(AtomicityCheck.judgeEnd([long, short], [.committed(id(7))]) != nil)
        #expect(AtomicityCheck.judgeEnd([long, short], [.aborted(id(8))]) != nil)
    }

    @Test func `rejects what is left after recovery, and what was not told truly`() {
        let done = Manager(name: "a", decided: [Decided(id(1), .commit)])
        let none = Manager(name: "b")
        let open = Manager(name: "b", prepared: [id(1)])
        #expect(AtomicityCheck.judgeEnd([done, none], []) != nil)
        #expect(AtomicityCheck.judgeEnd([done, open], []) != nil)
        #expect(AtomicityCheck.judgeEnd([done], [.aborted(id(1))]) != nil)
        #expect(AtomicityCheck.judgeEnd([none], [.committed(id(1))]) != nil)
    }
}
