import TestSupport
import Testing

@testable import Bench

@Suite struct `An order of operations` {
    @Test func `agrees with real time if operations overlap`() {
        #expect(first(0...10, 5...12, 1...6, 12...20) == nil)
    }

    @Test func `does not agree if one comes after another that was called when it was over`() {
        #expect(first(0...10, 11...12, 5...10) == 2)
        #expect(first(20...21, 0...30, 1...19) == 2)
    }

    @Test func `is not refuted by the same instant`() {
        #expect(first(10...12, 0...10) == nil)
    }

    @Test func `is not refuted by what never returned`() {
        #expect(first(100...200, 0...UInt64.max) == nil)
    }

    /// Compared with the definition on every order of small intervals that chance gives.
    @Test func `is what the definition says`() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<2000 {
            let intervals = (0..<5).map { _ in
                let start = UInt64.random(in: 0...12, using: &generator)
                return start...(start + UInt64.random(in: 0...4, using: &generator))
            }
            let isBroken = intervals.indices.contains { later in
                intervals[..<later].contains { intervals[later].upperBound < $0.lowerBound }
            }
            var order = RealTimeOrder()
            let found = intervals.enumerated().contains { order.place(operation($0, $1)) != nil }
            #expect(found == isBroken, "\(intervals)")
        }
    }

    /// The position of the first operation that disagrees.
    private func first(_ intervals: ClosedRange<UInt64>...) -> Int? {
        var order = RealTimeOrder()
        for (position, interval) in intervals.enumerated()
        where order.place(operation(position, interval)) != nil { return position }
        return nil
    }

    private func operation(
        _ position: Int, _ interval: ClosedRange<UInt64>
    ) -> RealTimeOrder.Operation {
        .init(
            client: 0, number: UInt64(position), isRead: false, index: UInt64(position),
            interval: Interval(called: interval.lowerBound, returned: interval.upperBound))
    }
}

@Suite struct `A history check` {
    @Test func `finds nothing in a history that agrees`() {
        var run = FakeRun(.set, requests: 20)
        for index in 4...23 as ClosedRange<UInt64> { run.read(after: index, at: index * 10 - 15) }
        let audit = run.judged()
        #expect(audit.findings.isClean)
        #expect(audit.history?.incomplete == nil)
    }

    @Test func `rejects a write that comes after one that was called later`() {
        var run = FakeRun(.set, requests: 20)
        run.evidence.sessions[FakeRun.session]?.ledger.falsify(
            15, Interval(called: 1, returned: 2))
        let findings = run.judged().findings
        #expect(findings.count(.reordered) == 1)
        #expect(findings.offences.first?.detail.contains("request 15 of client 1") == true)
    }

    @Test func `rejects a read of a state that was over`() {
        var run = FakeRun(.set, requests: 20)
        run.read(after: 8, at: 500)
        #expect(run.judged().findings.count(.staleRead) > 0)
    }

    /// As a server would answer that has applied nothing.
    @Test func `rejects a read of the empty state once there was another`() {
        var run = FakeRun(.set, requests: 20)
        run.read(after: 0, at: 500)
        #expect(run.judged().findings.count(.staleRead) > 0)
    }

    @Test func `rejects a read of a state to come`() {
        var run = FakeRun(.set, requests: 20)
        run.read(after: 20, at: 12)
        #expect(run.judged().findings.count(.staleRead) == 1)
    }

    @Test func `rejects a read after a read that saw more`() {
        var run = FakeRun(.set, requests: 20)
        // While requests 9 and 10 run: the entry at 12 is that of request 9.
        run.read(after: 12, at: 100, for: 1)
        run.read(after: 11, at: 103, for: 1)
        #expect(run.judged().findings.count(.staleRead) == 1)
        var good = FakeRun(.set, requests: 20)
        good.read(after: 11, at: 100, for: 1)
        good.read(after: 12, at: 103, for: 1)
        #expect(good.judged().findings.isClean)
    }

    @Test func `rejects a read with another value`() throws {
        var run = FakeRun(.set, requests: 20)
        run.read(after: 12, at: 100, witness: 99)
        let findings = run.judged().findings
        #expect(findings.count(.wrongRead) == 1)
        #expect(try #require(findings.offences.first).detail.contains("read 1 of client 1"))
    }

    @Test func `rejects a read of more than the log has`() {
        var run = FakeRun(.set, requests: 20)
        run.read(after: 24, at: 400)
        #expect(run.judged().findings.count(.wrongRead) == 1)
    }

    @Test func `accepts an unknown write wherever it is after its call`() {
        var run = FakeRun(.set, requests: 20)
        run.evidence.sessions[FakeRun.session]?.ledger.falsify(15, Interval(called: 1))
        #expect(run.judged().findings.isClean)
        run.evidence.sessions[FakeRun.session]?.ledger.falsify(15, Interval(called: 500))
        #expect(run.judged().findings.count(.reordered) > 0)
    }

    @Test func `says that it is incomplete if times or reads were not kept`() {
        var run = FakeRun(.set, requests: 20, timed: 19)
        #expect(run.judged().history?.incomplete?.contains("1 writes") == true)
        run = FakeRun(.set, requests: 20)
        run.evidence.sessions[FakeRun.session]?.reads = ReadLedger(most: 0)
        run.read(after: 12, at: 100)
        #expect(run.judged().history?.incomplete?.contains("1 reads") == true)
    }

    @Test(arguments: [Plant.reorder, .wrongResult, .staleRead])
    func `rejects what is planted`(_ plant: Plant) throws {
        var run = FakeRun(.set, requests: 20, preload: 5)
        run.read(after: 23, at: 215)
        #expect(run.judged().findings.isClean)
        let isPlanted = run.evidence.falsify(plant, run.values)
        #expect(isPlanted)
        let findings = run.judged().findings
        let kind: Offence.Kind =
            switch plant {
            case .reorder: .reordered
            case .staleRead: .staleRead
            default: .wrongResult
            }
        #expect(findings.count(kind) > 0)
        #expect(findings.counts.count == 1)
    }

    @Test func `says that there is nothing to falsify in an empty run`() {
        for plant in [Plant.reorder, .wrongResult, .staleRead] {
            var evidence = Evidence()
            let isPlanted = evidence.falsify(plant, Values(keys: 1, valueBytes: 20))
            #expect(!isPlanted)
        }
    }
}

@Suite struct `A read ledger` {
    @Test func `keeps what was answered, in any order`() {
        var ledger = ReadLedger(most: 100_000)
        let read = ReadLedger.Read(
            index: 7, witness: 8, interval: Interval(called: 1, returned: 2))
        ledger.answered(50_000, read)
        ledger.answered(3, read)
        #expect(ledger.last == 50_000)
        #expect(ledger[3] == read)
        #expect(ledger[50_000] == read)
        #expect(ledger[4] == nil)
        #expect(ledger[50_001] == nil)
        #expect(ledger[0] == nil)
        ledger.answered(100_001, read)
        #expect(ledger.dropped == 1)
        #expect(ledger.last == 50_000)
    }
}

extension FakeRun {
    /// Adds a read of client 1 that saw the state after `index`.
    mutating func read(
        after index: UInt64, at time: UInt64, for length: UInt64 = 2, witness: UInt64? = nil
    ) {
        let number = (evidence.sessions[Self.session]?.reads.last ?? 0) + 1
        let key = values.readKeyIndex(of: Values.id(client: 0, request: number))
        // Entry 4 is that of request 1, and so on.
        let writers = (1...20 as ClosedRange<UInt64>).prefix { $0 + 3 <= index }.map {
            Values.id(client: 0, request: $0)
        }
        let writer = writers.last { values.keyIndex(of: $0) == key } ?? 0
        evidence.sessions[Self.session]?.reads.answered(
            number,
            ReadLedger.Read(
                index: index, witness: witness ?? writer,
                interval: Interval(called: time, returned: time + length)))
    }

    func judged() -> LogAudit { audit(history: HistoryCheck(evidence, values)) }
}
