import ADO
import ADOSpec
import Testing

@testable import Bench

@Suite struct `The judgement of traces` {
    @Test func `holds for a run that is as it should be`() {
        let outcome = FakeTraces().judge()
        #expect(outcome.verdict == .holds)
        #expect(outcome.rebuilt == 0)
        #expect(outcome.records == 19)
    }

    @Test func `orders the records of all nodes by time`() {
        let traces = FakeTraces()
        let merge = TraceMerge(traces.sources.map(\.file), until: .max)
        let times = merge.map(\.record.time)
        #expect(times == times.sorted())
        #expect(times.count == 19)
        let some = TraceMerge(traces.sources.map(\.file), until: 5_000).map(\.record.time)
        #expect(some == times.filter { $0 <= 5 })
    }

    @Test func `does not judge what was made after the cut`() {
        var traces = FakeTraces()
        traces.add(3, .committed, at: 90, 5, checksum: 666)
        #expect(traces.judge().verdict.isViolated)
        #expect(traces.judge(until: 89_000).verdict == .holds)
    }

    @Test func `rejects two histories`() {
        var traces = FakeTraces()
        traces.add(3, .committed, at: 80, 4, checksum: 666)
        #expect(traces.judge().verdict.isViolated)
    }

    @Test func `rejects a forged commit`() {
        var judgement = FakeTraces().judgement()
        judgement.forged = (3, 1)
        #expect(judgement.run().verdict.isViolated)
    }

    @Test func `rebuilds what a killed node could not write`() {
        for last in [TraceKind.invoked, .pulled] {
            let outcome = FakeTraces(killing: 1, losingFrom: last).judge()
            #expect(outcome.verdict == .holds, "\(outcome.verdict)")
            #expect(outcome.rebuilt == (last == .pulled ? 2 : 1))
        }
    }

    @Test func `is incomplete where the log does not give back what is missing`() {
        for last in [TraceKind.invoked, .pulled] {
            let outcome = FakeTraces(killing: 1, losingFrom: last).judge(log: [])
            #expect(outcome.verdict.isIncomplete, "\(outcome.verdict)")
        }
    }

    @Test func `is incomplete where a killed owner may have committed what nobody saw`() {
        // Without the commits of node 2, somebody told node 1 what its owner never committed.
        var traces = FakeTraces(committing: false)
        traces.applied = [1: 4, 2: 0, 3: 0]
        traces.add(1, .committed, at: 60, 4, checksum: 14)
        #expect(traces.judge().verdict.isViolated)
        traces.writers[2]?.start(node: 2, incarnation: 2, cluster: "c", nanoseconds: 70_000)
        traces.add(2, .committed, at: 80, 4, checksum: 14)
        let verdict = traces.judge().verdict
        #expect(verdict.isIncomplete, "\(verdict)")
    }

    @Test func `does not excuse with a killed node what is certain`() {
        var traces = FakeTraces(killing: 1, losingFrom: .invoked)
        traces.add(3, .committed, at: 80, 4, checksum: 666)
        #expect(traces.judge().verdict.isViolated)
    }

    @Test func `rejects a batch that nobody invoked where nobody was killed`() {
        let traces = FakeTraces(killing: nil, losingFrom: .invoked)
        #expect(traces.judge().verdict.isViolated)
    }

    @Test func `is incomplete where a trace is`() {
        let spoil: [(String, (inout FakeTraces) -> Void)] = [
            ("no trace", { $0.writers[3] = TraceFileWriter() }),
            ("limit", { $0.writers[2]?.stop(nanoseconds: 99_000) }),
            ("ends at index 4 of 9", { $0.applied[2] = 9 }),
            ("does not say", { $0.applied[2] = nil }),
            (
                "clock",
                { $0.writers[2]?.start(node: 2, incarnation: 1, cluster: "c", nanoseconds: 1) }
            ),
        ]
        for (word, change) in spoil {
            var traces = FakeTraces()
            change(&traces)
            let verdict = traces.judge().verdict
            #expect(verdict.isIncomplete && "\(verdict)".contains(word), "\(word): \(verdict)")
        }
    }

    @Test func `is incomplete where a trace is damaged, wherever that is`() {
        let traces = FakeTraces()
        guard let whole = traces.writers[2]?.bytes else { return }
        for position in stride(from: 0, to: whole.count, by: 37) {
            var bytes = whole
            bytes[position] ^= 0x10
            var judgement = traces.judgement()
            judgement.sources[1].file = TraceFile(bytes)
            let verdict = judgement.run().verdict
            #expect(verdict.isIncomplete, "\(position): \(verdict)")
        }
    }
}

extension ADOSpec.Verdict {
    fileprivate var isViolated: Bool {
        if case .violated = self { true } else { false }
    }

    fileprivate var isIncomplete: Bool {
        if case .incomplete = self { true } else { false }
    }
}

/// A run of three nodes: node 1 commits up to 2 under 1.1, then node 2 up to 4 under 2.2.
private struct FakeTraces {
    var writers: [UInt64: TraceFileWriter] = [:]
    var applied: [UInt64: UInt64] = [1: 4, 2: 4, 3: 4]
    private let first = Ballot(round: 1, node: 1)
    private let second = Ballot(round: 2, node: 2)

    var log: [LogBatch] {
        [
            LogBatch(first: 1, last: 2, ballot: first, checksum: 12),
            LogBatch(first: 3, last: 4, ballot: second, checksum: 14),
        ]
    }

    /// Without the records of node 1 from the first one of a kind on, until it starts again.
    init(
        killing killed: UInt64? = nil, losingFrom lost: TraceKind? = nil, committing: Bool = true
    ) {
        for node in 1...3 as ClosedRange<UInt64> {
            var writer = TraceFileWriter()
            writer.start(node: node, incarnation: node, cluster: "c", nanoseconds: 1000)
            writers[node] = writer
        }
        var isLost = false
        for (kind, time) in [(TraceKind.preparing, 2), (.promised, 3), (.pulled, 4), (.invoked, 5)]
        {
            isLost = isLost || kind == lost
            guard !isLost else { continue }
            add(1, kind, at: UInt64(time), kind == .invoked ? 2 : 0, checksum: 12)
        }
        add(2, .promised, at: 3, 0, checksum: 0)
        add(2, .accepted, at: 6, 2, checksum: 12)
        if !isLost { add(1, .committed, at: 7, 2, checksum: 12) }
        if killed != nil {
            writers[1]?.start(node: 1, incarnation: 1, cluster: "c", nanoseconds: 10_000)
        }
        add(2, .preparing, at: 20, 2, checksum: 12)
        add(3, .promised, at: 22, 0, checksum: 0)
        add(2, .pulled, at: 30, 2, checksum: 12)
        add(2, .invoked, at: 31, 4, checksum: 14)
        add(1, .accepted, at: 40, 4, checksum: 14)
        add(3, .accepted, at: 41, 4, checksum: 14)
        guard committing else { return }
        add(2, .committed, at: 50, 4, checksum: 14)
        add(1, .committed, at: 60, 4, checksum: 14)
        add(3, .committed, at: 61, 4, checksum: 14)
    }

    var sources: [TraceJudgement.Source] {
        writers.sorted { $0.key < $1.key }.map { node, writer in
            TraceJudgement.Source(
                name: "node \(node)", file: TraceFile(writer.bytes), applied: applied[node])
        }
    }

    func judgement(log: [LogBatch]? = nil, until: UInt64 = .max) -> TraceJudgement {
        TraceJudgement(sources: sources, log: log ?? self.log, until: until)
    }

    func judge(log: [LogBatch]? = nil, until: UInt64 = .max) -> TraceJudgement.Outcome {
        judgement(log: log, until: until).run()
    }

    /// Adds a record of the ballot that rules at that time, in microseconds.
    mutating func add(
        _ node: UInt64, _ kind: TraceKind, at time: UInt64, _ index: UInt64, checksum: UInt64
    ) {
        let point =
            index == 0
            ? LogPoint.root
            : LogPoint(index: index, ballot: index > 2 ? second : first, checksum: checksum)
        let record = TraceRecord(
            kind, time: time, node: node, group: 9, ballot: time < 20 ? first : second,
            point: point)
        writers[node]?.add(TimedRecord(nanoseconds: time * 1000, record: record))
    }
}
