import ADO
import ADOSpec
import Testing

@Suite struct `A judge` {
    private static func verdict(_ records: [TraceRecord], gap: String? = nil) -> Verdict {
        var judge = Judge()
        if let gap { judge.noteGap(gap) }
        for record in records { _ = judge.add(record) }
        return judge.finish()
    }

    private static let forked = [
        TraceRecord(.committed, 3, ballot(1), point(1, ballot(1), "y"))
    ]

    @Test func `finds nothing in a good run`() {
        #expect(Self.verdict(goodRun()) == .holds)
    }

    @Test func `passes on what any checker finds`() {
        guard case .violated = Self.verdict(goodRun() + Self.forked) else {
            Issue.record("a log that forks must be found")
            return
        }
    }

    @Test func `does not hold missing records against a run`() {
        let tail = Array(goodRun().filter { $0.node != 1 })
        guard case .violated(let violation) = Self.verdict(tail) else {
            Issue.record("a batch that nobody invoked must be found")
            return
        }
        #expect(violation.rule == Violation.unknownHistoryRule)
        #expect(Self.verdict(tail, gap: "node 1 was killed") == .incomplete("node 1 was killed"))
        let gone = Self.verdict(goodRun() + Self.forked, gap: "node 1 was killed")
        guard case .violated = gone else {
            Issue.record("a contradiction stands, whatever is missing")
            return
        }
    }

    @Test func `takes back what missing records may explain`() {
        var judge = Judge()
        for record in goodRun() where record.node != 1 { _ = judge.add(record) }
        judge.noteGap("node 1 was killed")
        #expect(judge.finish() == .incomplete("node 1 was killed"))
    }

    @Test func `keeps groups apart, and tells all of them of a restart`() {
        var judge = Judge()
        var other = goodRun()
        for at in other.indices { other[at].group = 2 }
        for record in zip(goodRun(), other).flatMap({ [$0, $1] }) {
            #expect(judge.add(record) == nil)
        }
        #expect(judge.add(TraceRecord(.started, node: 3)) == nil)
        #expect(judge.add(TraceRecord(.committed, 3, ballot(1), point(1, ballot(1)))) == nil)
        #expect(judge.finish() == .holds)
    }

    @Test func `draws the tree of a group at any moment`() {
        var judge = Judge()
        for record in goodRun().dropLast(4) { _ = judge.add(record) }
        #expect(
            judge.drawing(of: 1, marking: point(6, ballot(2, 2))) == """
                5@2.2 to 5 (committed)
                6@2.2 to 6 [2]   <-- here
                """)
        #expect(judge.drawing(of: 7) == "no tree: the group has no records")
        judge.noteGap("node 3 was killed")
        #expect(judge.drawing(of: 1) == "no tree: node 3 was killed")
    }

    @Test func `takes a log that was there before`() {
        var judge = Judge()
        let own = ballot(5, 2)
        judge.assume(point(9, ballot(4)), group: 1)
        #expect(judge.add(TraceRecord(.pulled, 2, own, point(9, ballot(4)))) == nil)
        #expect(judge.add(TraceRecord(.invoked, 2, own, point(10, own))) == nil)
        #expect(judge.add(TraceRecord(.committed, 2, own, point(10, own))) == nil)
        #expect(judge.finish() == .holds)
    }
}
