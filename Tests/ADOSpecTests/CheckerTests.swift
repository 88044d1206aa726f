import ADO
import ADOSpec
import Testing

/// Records that a checker must judge, and what it has to say.
struct History: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let records: [TraceRecord]

    init(_ name: String, _ records: TraceRecord...) {
        testDescription = name
        self.records = records
    }
}

private let one = ballot(1, 1)
private let two = ballot(2, 2)

@Suite struct `The checker of agreement` {
    static let illegal = [
        History(
            "two batches at one index", TraceRecord(.committed, 1, one, point(1, one)),
            TraceRecord(.committed, 2, two, point(1, two, "y"))),
        History(
            "a node that goes back", TraceRecord(.committed, 1, one, point(2, one)),
            TraceRecord(.committed, 1, one, point(1, one))),
        History(
            "a chain whose ballots fall", TraceRecord(.committed, 1, two, point(1, two)),
            TraceRecord(.committed, 1, two, point(2, one))),
        History(
            "a node that drops what is committed",
            TraceRecord(.committed, 1, one, point(2, one)),
            TraceRecord(.truncated, 1, one, point(1, one))),
    ]

    @Test(arguments: illegal) func rejects(history: History) {
        var checker = Agreement()
        #expect(firstViolation(history.records) { checker.add($0) }?.rule == "agreement")
    }

    @Test func `accepts a node that starts anew`() {
        var checker = Agreement()
        let run = [
            TraceRecord(.committed, 1, one, point(2, one)), TraceRecord(.started, node: 1),
            TraceRecord(.committed, 1, one, point(1, one)),
            TraceRecord(.truncated, 1, one, point(1, one)),
        ]
        #expect(firstViolation(goodRun()) { checker.add($0) } == nil)
        checker = Agreement()
        #expect(firstViolation(run) { checker.add($0) } == nil)
    }
}

@Suite struct `The checker of promises` {
    static let illegal = [
        History(
            "a lower promise", TraceRecord(.promised, 1, two), TraceRecord(.promised, 1, one)),
        History(
            "a promise made twice", TraceRecord(.promised, 1, two),
            TraceRecord(.promised, 1, two)),
        History(
            "a vote below the promise", TraceRecord(.promised, 1, two),
            TraceRecord(.accepted, 1, one, point(1, one))),
        History(
            "a refusal for less than was promised", TraceRecord(.promised, 1, two),
            TraceRecord(.refused, 1, one)),
    ]

    @Test(arguments: illegal) func rejects(history: History) {
        var checker = Promises()
        #expect(firstViolation(history.records) { checker.add($0) }?.rule == "promises rise")
    }

    @Test func `accepts what a node forgot in a crash`() {
        var checker = Promises()
        #expect(firstViolation(goodRun()) { checker.add($0) } == nil)
        let run = [
            TraceRecord(.promised, 1, ballot(9)), TraceRecord(.started, node: 1),
            TraceRecord(.promised, 1, ballot(3)),
        ]
        #expect(firstViolation(run) { checker.add($0) } == nil)
    }
}

@Suite struct `The checker of ownership` {
    static let illegal = [
        History("a ballot of another", TraceRecord(.preparing, 2, one)),
        History("a batch under the ballot of another", TraceRecord(.invoked, 2, one)),
        History(
            "a ballot pulled twice", TraceRecord(.pulled, 1, one), TraceRecord(.pulled, 1, one)),
        History(
            "a ballot used again after a restart", TraceRecord(.preparing, 1, one),
            TraceRecord(.promised, 3, one), TraceRecord(.started, node: 1),
            TraceRecord(.preparing, 1, one)),
    ]

    @Test(arguments: illegal) func rejects(history: History) {
        var checker = Ownership()
        let violation = firstViolation(history.records) { checker.add($0) }
        #expect(violation?.rule == "one proposer per ballot")
    }

    @Test func `accepts a ballot that nobody heard of before a crash`() {
        var checker = Ownership()
        #expect(firstViolation(goodRun()) { checker.add($0) } == nil)
        checker = Ownership()
        let run = [
            TraceRecord(.preparing, 1, one), TraceRecord(.promised, 1, one),
            TraceRecord(.started, node: 1), TraceRecord(.preparing, 1, one),
        ]
        #expect(firstViolation(run) { checker.add($0) } == nil)
    }
}

@Suite struct `The checker of LiDO` {
    private static let start = [
        TraceRecord(.pulled, 1, one), TraceRecord(.invoked, 1, one, point(1, one)),
    ]

    static let illegal = [
        History("a batch nobody invoked", TraceRecord(.accepted, 3, one, point(2, one))),
        History("a batch that changed", TraceRecord(.accepted, 3, one, point(1, one, "y"))),
        History("a tip nobody invoked", TraceRecord(.promised, 3, two, point(1, two))),
        History("a commit nobody invoked", TraceRecord(.committed, 3, one, point(2, one))),
        History("another's batch invoked", TraceRecord(.invoked, 1, one, point(2, two))),
        History(
            "a commit that a later owner does not know", TraceRecord(.pulled, 2, two),
            TraceRecord(.committed, 1, one, point(1, one))),
        History(
            "an owner who does not know of a commit",
            TraceRecord(.committed, 1, one, point(1, one)), TraceRecord(.pulled, 2, two)),
        History(
            "an inherited batch stamped anew", TraceRecord(.pulled, 2, two, point(1, one)),
            TraceRecord(.accepted, 3, two, point(1, two))),
    ]

    @Test(arguments: illegal) func rejects(history: History) {
        var checker = LiDOChecker()
        #expect(firstViolation(Self.start + history.records) { checker.add($0) } != nil)
    }

    @Test func `accepts a good run, and what a follower hears late`() {
        var checker = LiDOChecker()
        #expect(firstViolation(goodRun()) { checker.add($0) } == nil)
        checker = LiDOChecker()
        let late =
            Self.start + [
                TraceRecord(.pulled, 2, two), TraceRecord(.preempted, 1, one),
                TraceRecord(.pulled, 3, ballot(3, 3), point(1, one)),
                TraceRecord(.committed, 1, one, point(1, one)),
            ]
        #expect(firstViolation(late) { checker.add($0) } == nil)
    }
}

@Suite struct `The checker of exactly once` {
    private let request = Request(session: 7, number: 3)

    @Test func `rejects a request that ran twice`() {
        var checker = ExactlyOnce()
        #expect(checker.ran(request, at: 4) == nil)
        #expect(checker.ran(request, at: 4) == nil)
        #expect(checker.ran(request, at: 9)?.rule == "exactly once")
    }

    @Test func `rejects an answer to what never ran`() {
        var checker = ExactlyOnce()
        #expect(checker.acknowledged(request) == nil)
        #expect(checker.finish()?.rule == "exactly once")
        #expect(checker.ran(request, at: 4) == nil)
        #expect(checker.finish() == nil)
        #expect(checker.acknowledged(request, at: 5) == nil)
        #expect(checker.acknowledged(request, at: 3)?.rule == "exactly once")
    }
}

@Suite struct `The checker of states` {
    @Test func `rejects replicas that differ`() {
        var checker = Digests()
        #expect(checker.add(node: 1, index: 4, digest: 1) == nil)
        #expect(checker.add(node: 2, index: 5, digest: 2) == nil)
        #expect(checker.add(node: 2, index: 4, digest: 1) == nil)
        #expect(checker.add(node: 3, index: 4, digest: 2)?.rule == "equal states")
    }
}
