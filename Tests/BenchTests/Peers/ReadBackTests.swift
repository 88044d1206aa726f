import Testing

@testable import Bench

/// Writes of one key, each of which says what it replaced.
private struct History {
    var ledger = RequestLedger()
    private var now: UInt64 = 10

    /// An acknowledged write that replaced that of the request `before`; 0 for none.
    mutating func acknowledged(replacing before: UInt64) {
        let request = ledger.open(now: now)
        let witness = before == 0 ? 0 : Values.id(client: 0, request: before)
        ledger.acknowledge(request, index: 1, witness: witness, now: now + 5)
        now += 10
    }

    mutating func unanswered() {
        ledger.forget(ledger.open(now: now))
        now += 10
    }

    mutating func refused() {
        ledger.refuse(ledger.open(now: now))
        now += 10
    }

    func judge(last: ReadBack.Last) -> ReadBack.Outcome {
        var judge = ReadBack(evidence, Values(keys: 1, valueBytes: 16), last: [last])
        return judge.run()
    }

    var evidence: Evidence {
        var evidence = Evidence()
        evidence.sessions[1] = Evidence.Session(client: 0, ledger: ledger, attempts: [:])
        return evidence
    }
}

private func writer(_ request: UInt64) -> ReadBack.Last {
    .writer(Values.id(client: 0, request: request))
}

@Suite struct `What is read back from a peer` {
    /// 1, 2, 3, one after the other.
    private var three: History {
        var history = History()
        for before in UInt64(0)...2 { history.acknowledged(replacing: before) }
        return history
    }

    @Test func `is good if each write was replaced once and the last is there`() {
        #expect(three.judge(last: writer(3)) == ReadBack.Outcome())
    }

    @Test func `shows the loss of the last write`() {
        let outcome = three.judge(last: writer(2))
        #expect(outcome.lost == 1)
        #expect(outcome.findings.count(.lost) > 0)
    }

    @Test func `shows the loss of everything`() {
        #expect(three.judge(last: .nothing).lost == 1)
    }

    @Test func `shows a loss that a later write hides`() {
        var history = three
        history.acknowledged(replacing: 1)
        let outcome = history.judge(last: writer(4))
        #expect(outcome.findings.count(.wrongResult) == 1)
        #expect(outcome.lost == 1)
    }

    @Test func `shows that a key was empty again`() {
        var history = three
        history.acknowledged(replacing: 0)
        #expect(history.judge(last: writer(4)).lost > 0)
    }

    @Test func `lets a write without an answer replace one, and no more`() {
        var history = three
        history.unanswered()
        #expect(history.judge(last: writer(4)) == ReadBack.Outcome())
        #expect(history.judge(last: writer(3)) == ReadBack.Outcome())
        // It came after them, so what it left behind it cannot have been empty.
        history.acknowledged(replacing: 4)
        #expect(history.judge(last: writer(5)) == ReadBack.Outcome())
        #expect(history.judge(last: writer(2)).lost > 0)
    }

    @Test func `must be of a write of the run that was not refused`() {
        var history = three
        history.refused()
        #expect(history.judge(last: writer(4)).findings.count(.foreign) == 1)
        #expect(history.judge(last: writer(9)).findings.count(.foreign) == 1)
        #expect(history.judge(last: .garbage).findings.count(.wrongContent) == 1)
    }

    @Test func `must not have been replaced by what nobody wrote`() {
        var history = three
        history.acknowledged(replacing: 77)
        #expect(history.judge(last: writer(4)).findings.count(.wrongResult) == 1)
    }

    @Test func `is judged wrong where a loss is planted`() {
        let history = three
        var last = [writer(3)]
        #expect(ReadBack.Last.plantLoss(&last, history.evidence))
        #expect(history.judge(last: last[0]).lost == 1)
        var nothing: [ReadBack.Last] = [.nothing]
        #expect(!ReadBack.Last.plantLoss(&nothing, history.evidence))
    }
}
