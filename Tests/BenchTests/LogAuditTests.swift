import Testing

@testable import Bench

@Suite struct `A log audit` {
    @Test(arguments: [Workload.set, .counter])
    func `finds nothing in a log that agrees`(_ workload: Workload) {
        let run = FakeRun(workload, requests: 20)
        let audit = run.audit()
        #expect(audit.findings.isClean)
        #expect(audit.findings.applied == 20)
        #expect(audit.findings.suppressed == 0)
        #expect(audit.nextIndex == 24)
    }

    @Test func `rejects a loss and names the request`() throws {
        var run = FakeRun(.set, requests: 20)
        run.log[9] = .barrier
        let offences = run.audit().findings.offences
        let lost = try #require(offences.first { $0.kind == .lost })
        #expect(lost.detail.contains("request 7 of client 1"))
        #expect(lost.node == 2)
    }

    @Test func `rejects a loss at the end of the log`() {
        var run = FakeRun(.set, requests: 20)
        run.log.removeLast()
        #expect(run.audit().findings.count(.lost) == 1)
    }

    @Test func `rejects an entry that was submitted once and is there twice`() throws {
        var run = FakeRun(.set, requests: 20)
        run.log.append(run.log[9])
        let findings = run.audit().findings
        #expect(findings.count(.duplicated) == 1)
        #expect(try #require(findings.offences.first).detail.contains("request 7 of client 1"))
    }

    @Test func `counts the second entry of a retried request as suppressed`() {
        var run = FakeRun(.set, requests: 20)
        run.log.append(run.log[9])
        run.evidence.sessions[FakeRun.session]?.attempts = [7: 2]
        let findings = run.audit().findings
        #expect(findings.isClean)
        #expect(findings.suppressed == 1)
        #expect(findings.applied == 20)
    }

    @Test func `accepts an answer that names the second entry of a retried request`() {
        var run = FakeRun(.set, requests: 3)
        let ledger = ledgerOf(3) { request in
            (index: request == 3 ? 7 : request + 3, witness: run.witness(request))
        }
        run.log.append(run.log[5])
        run.evidence.sessions[FakeRun.session]?.ledger = ledger
        run.evidence.sessions[FakeRun.session]?.attempts = [3: 2]
        #expect(run.audit().findings.isClean)
    }

    @Test func `rejects an answer that names another entry`() {
        var run = FakeRun(.set, requests: 3)
        let ledger = ledgerOf(3) { request in
            (index: request == 3 ? 4 : request + 3, witness: run.witness(request))
        }
        run.evidence.sessions[FakeRun.session]?.ledger = ledger
        let findings = run.audit().findings
        #expect(findings.count(.wrongIndex) == 1)
        #expect(findings.count(.lost) == 0)
    }

    @Test(arguments: [Workload.set, .counter])
    func `rejects an answer that shows a second application`(_ workload: Workload) throws {
        var run = FakeRun(workload, requests: 5)
        let ledger = ledgerOf(5) { request in
            // Applied twice, request 4 sees its own effect.
            let own = workload == .counter ? 5 : Values.id(client: 0, request: 4)
            return (index: request + 3, witness: request == 4 ? own : run.witness(request))
        }
        run.evidence.sessions[FakeRun.session]?.ledger = ledger
        let findings = run.audit().findings
        #expect(findings.count(.wrongResult) == 1)
        #expect(try #require(findings.offences.first).detail.contains("request 4 of client 1"))
    }

    @Test func `rejects an entry of a session that is not of this run`() {
        var run = FakeRun(.set, requests: 5)
        run.log.append(.call(session: 99, request: 1, method: []))
        #expect(run.audit().findings.count(.foreign) == 1)
    }

    @Test func `rejects a request number that was never issued`() {
        var run = FakeRun(.set, requests: 5)
        run.log.append(.call(session: FakeRun.session, request: 6, method: []))
        #expect(run.audit().findings.count(.foreign) == 1)
    }

    @Test func `rejects a request that was refused and is there`() {
        var run = FakeRun(.set, requests: 5)
        var ledger = ledgerOf(4) { ($0 + 3, run.witness($0)) }
        ledger.refuse(ledger.open(now: 0))
        run.evidence.sessions[FakeRun.session]?.ledger = ledger
        #expect(run.audit().findings.count(.refusedButDone) == 1)
    }

    @Test func `accepts a request in doubt, whether it is there or not`() {
        var run = FakeRun(.set, requests: 5)
        var ledger = ledgerOf(4) { ($0 + 3, run.witness($0)) }
        _ = ledger.open(now: 0)
        _ = ledger.open(now: 0)
        run.evidence.sessions[FakeRun.session]?.ledger = ledger
        let findings = run.audit().findings
        #expect(findings.isClean)
        #expect(findings.applied == 5)
    }

    @Test func `rejects a value that another request writes`() {
        var run = FakeRun(.set, requests: 5)
        let other = Values.id(client: 0, request: 2)
        run.log[7] = .call(session: FakeRun.session, request: 5, method: run.method(other))
        #expect(run.audit().findings.count(.wrongContent) == 1)
    }

    @Test func `rejects a log that jumps`() {
        let run = FakeRun(.set, requests: 5)
        var audit = LogAudit(
            node: 1, evidence: run.evidence, model: LogModel(values: run.values, read: { _ in nil })
        )
        run.block(run.log[0..<3]).withUnsafeBytes { audit.take(first: 1, block: $0) }
        run.block(run.log[4...]).withUnsafeBytes { audit.take(first: 5, block: $0) }
        #expect(audit.findings.count(.gap) == 1)
    }

    @Test func `skips what a batch repeats of the one before`() {
        let run = FakeRun(.set, requests: 5)
        var audit = run.audit()
        let before = audit.findings.entries
        run.block(run.log[0...]).withUnsafeBytes { audit.take(first: 1, block: $0) }
        #expect(audit.findings.entries == before)
    }

    @Test func `reads whole entries of a batch that is cut anywhere`() {
        let run = FakeRun(.set, requests: 3)
        let ends = (0...run.log.count).map { run.block(run.log[..<$0]).count }
        let bytes = run.block(run.log[...])
        for size in 0...bytes.count {
            let (count, isMalformed) = bytes[..<size].withUnsafeBytes { bytes in
                var entries = LogEntries(first: 1, block: bytes)
                var count = 0
                while entries.next() != nil { count += 1 }
                return (count, entries.isMalformed)
            }
            #expect(count == ends.lastIndex { $0 <= size })
            #expect(isMalformed == !ends.contains(size))
        }
    }

    @Test(arguments: [Plant.loss, .duplicate])
    func `rejects what is planted`(_ plant: Plant) throws {
        let run = FakeRun(.set, requests: 20)
        let fault = try #require(PlantedFault(plant, in: run.evidence))
        let findings = run.audit(plant: fault).findings
        #expect(findings.count(plant == .loss ? .lost : .duplicated) == 1)
        #expect(PlantedFault(.fork, in: run.evidence) == nil)
    }
}

extension FakeRun {
    func witness(_ request: UInt64) -> UInt64 {
        evidence.sessions[Self.session]?.ledger.witness(request) ?? 0
    }
}

/// A ledger of acknowledged requests.
private func ledgerOf(
    _ count: UInt64, _ answer: (UInt64) -> (index: UInt64, witness: UInt64)
) -> RequestLedger {
    var ledger = RequestLedger()
    for _ in 1...count {
        let request = ledger.open(now: 0)
        let (index, witness) = answer(request)
        ledger.acknowledge(request, index: index, witness: witness, now: .max)
    }
    return ledger
}
