import Testing

@testable import Bench

/// What is left of transactions that each added one, against what their clients were told.
@Suite struct `A tally of transactions` {
    private func offence(
        begun: Int, done: Int, refused: Int, holding quantities: Set<Int>
    ) -> String? {
        let tally = CommitTally()
        for _ in 0..<begun { tally.begun.add() }
        for _ in 0..<done { tally.done.add() }
        for _ in 0..<refused { tally.refused.add() }
        return tally.offence(quantities, of: ["a", "b", "c"])
    }

    @Test(arguments: [100, 101, 103]) func `agrees with what may be`(quantity: Int) {
        #expect(offence(begun: 110, done: 100, refused: 7, holding: [quantity]) == nil)
    }

    @Test func `rejects one that was lost`() {
        #expect(offence(begun: 200, done: 200, refused: 0, holding: [150]) != nil)
    }

    @Test func `rejects one that was done twice`() {
        #expect(offence(begun: 1, done: 1, refused: 0, holding: [2]) != nil)
    }

    @Test func `rejects one that was refused and done`() {
        #expect(offence(begun: 3, done: 1, refused: 2, holding: [2]) != nil)
    }

    @Test func `rejects managers that hold different things`() {
        #expect(offence(begun: 3, done: 1, refused: 0, holding: [1, 2]) != nil)
    }
}
