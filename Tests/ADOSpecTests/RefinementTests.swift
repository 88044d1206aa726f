import ADO
import ADOSpec
import Testing

private let one = ballot(1, 1)
private let two = ballot(2, 2)
private let three = ballot(3, 3)

@Suite struct `The checker of refinement` {
    private static let start = [
        TraceRecord(.pulled, 1, one), TraceRecord(.invoked, 1, one, point(1, one)),
        TraceRecord(.pushed, 1, one, point(1, one)),
    ]

    static let legal = [
        History("a push that is never decided"),
        History(
            "a batch adopted and committed by another",
            TraceRecord(.pulled, 2, two, point(1, one)),
            TraceRecord(.invoked, 2, two, point(2, two)),
            TraceRecord(.committed, 2, two, point(2, two)),
            TraceRecord(.committed, 1, two, point(2, two))),
        History(
            "a proposer that learns of its promises late",
            TraceRecord(.pulled, 3, three, point(1, one)),
            TraceRecord(.invoked, 3, three, point(2, three)),
            TraceRecord(.committed, 3, three, point(2, three)),
            TraceRecord(.pulled, 2, two), TraceRecord(.invoked, 2, two, point(1, two)),
            TraceRecord(.preempted, 2, two)),
        History(
            "a proposer that gives way before it owns anything",
            TraceRecord(.preparing, 2, two), TraceRecord(.preempted, 2, two),
            TraceRecord(.pulled, 3, three, point(1, one)),
            TraceRecord(.invoked, 3, three, point(2, three)),
            TraceRecord(.committed, 3, three, point(2, three))),
        History(
            "a branch that is pruned", TraceRecord(.pulled, 2, two),
            TraceRecord(.invoked, 2, two, point(1, two)),
            TraceRecord(.committed, 2, two, point(1, two))),
    ]

    static let illegal = [
        History(
            "a batch without a pull", TraceRecord(.invoked, 2, two, point(1, two))),
        History(
            "an owner who does not know of a commit",
            TraceRecord(.committed, 1, one, point(1, one)), TraceRecord(.pulled, 2, two)),
        History(
            "a commit that a later owner does not know", TraceRecord(.pulled, 2, two),
            TraceRecord(.committed, 1, one, point(1, one))),
        History(
            "a branch committed after it was pruned", TraceRecord(.pulled, 2, two),
            TraceRecord(.invoked, 2, two, point(1, two)),
            TraceRecord(.committed, 2, two, point(1, two)),
            TraceRecord(.pulled, 3, three, point(1, one))),
        History("a commit that no owner reports", TraceRecord(.committed, 3, one, point(1, one))),
        History(
            "an inherited batch committed without an own one",
            TraceRecord(.pulled, 2, two, point(1, one)),
            TraceRecord(.committed, 2, two, point(1, one))),
        History(
            "a ballot pulled twice", TraceRecord(.pulled, 2, two), TraceRecord(.pulled, 2, two)),
        History(
            "a ballot preempted before it was pulled by the same node, and pulled twice",
            TraceRecord(.preempted, 2, two), TraceRecord(.pulled, 2, two),
            TraceRecord(.pulled, 2, two)),
        History(
            "a batch adopted that nobody invoked", TraceRecord(.pulled, 2, two, point(7, one))),
    ]

    private static func judge(
        _ records: [TraceRecord], window: Int = 100
    ) -> (violation: Violation?, gap: String?) {
        var checker = Refinement(window: window)
        let violation = firstViolation(records) { checker.add($0) }
        return (violation ?? checker.finish(), checker.gap)
    }

    @Test(arguments: legal) func accepts(history: History) {
        let result = Self.judge(Self.start + history.records)
        #expect(result.violation == nil)
        #expect(result.gap == nil)
    }

    @Test(arguments: illegal) func rejects(history: History) {
        let result = Self.judge(Self.start + history.records)
        #expect(result.violation?.rule == "refinement")
    }

    @Test func `explains with the tree`() {
        let history = Self.illegal[1]
        let result = Self.judge(Self.start + history.records)
        #expect(
            result.violation?.explanation == """
                0.000000 node 2 group 1 pulled 2.2: Pull+ of 2: time 2.2 at start is refused: \
                start is neither an uncommitted cache nor the root, 1@1.1.
                1@1.1 to 1 (committed) [1]
                """)
    }

    @Test func `folds long runs in pieces`() {
        let run = goodRun(batches: 5000)
        #expect(Self.judge(run).violation == nil)
        let stale = TraceRecord(.pulled, 3, three, run.last?.point ?? .root)
        #expect(Self.judge(run + [stale]).violation == nil)
        let forked = TraceRecord(.pulled, 3, three, point(5000, ballot(1, 1)))
        #expect(Self.judge(run + [forked]).violation != nil)
    }

    @Test func `says that it cannot order what comes too late`() {
        let late = TraceRecord(.pulled, 3, ballot(1, 3))
        let result = Self.judge(goodRun(batches: 500) + [late])
        #expect(result.violation == nil)
        #expect(result.gap != nil)
    }

    @Test func `does not mind a low ballot that never had a chance`() {
        let late = TraceRecord(.preempted, 3, ballot(1, 3))
        let result = Self.judge(goodRun(batches: 500) + [late])
        #expect(result.violation == nil)
        #expect(result.gap == nil)
        var checker = Refinement()
        checker.assume(point(40, ballot(9, 3)))
        #expect(checker.add(late) == nil)
        #expect(checker.finish() == nil)
    }

    @Test func `takes a log that was there before`() {
        var checker = Refinement()
        checker.assume(point(40, ballot(1, 3)))
        let run = [
            TraceRecord(.pulled, 2, two, point(40, ballot(1, 3))),
            TraceRecord(.invoked, 2, two, point(41, two)),
            TraceRecord(.committed, 2, two, point(41, two)),
        ]
        #expect(firstViolation(run) { checker.add($0) } == nil)
        #expect(checker.finish() == nil)
    }
}
