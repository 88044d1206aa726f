import Testing

@testable import Bench

@Suite struct `The search on sampled keys` {
    @Test(arguments: [Workload.set, .counter])
    func `finds an order for a history that has one`(_ workload: Workload) {
        let outcome = search(FakeRun(workload, requests: 20), workload)
        #expect(outcome.violations == [])
        #expect(outcome.undecided == 0)
        #expect(outcome.operations == 20)
    }

    @Test(arguments: [Workload.set, .counter])
    func `rejects a history that has none`(_ workload: Workload) {
        var run = FakeRun(workload, requests: 20)
        let isPlanted = run.evidence.falsify(.wrongResult, run.values)
        #expect(isPlanted)
        #expect(search(run, workload).violations.count == 1)
    }

    @Test func `rejects a read of a value that was over`() throws {
        var run = FakeRun(.set, requests: 20)
        run.read(after: 23, at: 215)
        #expect(search(run, .set).violations == [])
        run.read(after: 4, at: 500)
        let violations = search(run, .set).violations
        #expect(violations.count == 1)
        #expect(try #require(violations.first).contains("read"))
    }

    @Test func `takes a write in doubt as done or not done`() {
        var run = FakeRun(.counter, requests: 5)
        var ledger = RequestLedger()
        for (witness, time) in [(1 as UInt64, 10 as UInt64), (0, 20), (3, 30)] {
            let request = ledger.open(now: time)
            guard witness > 0 else { continue }
            ledger.acknowledge(request, index: witness, witness: witness, now: time + 5)
        }
        run.evidence.sessions[FakeRun.session]?.ledger = ledger
        #expect(search(run, .counter).violations == [])
    }

    @Test func `does not hold against the last operations what it leaves out`() {
        let items = (0...9 as ClosedRange<UInt64>).map { number -> SampledSearch.Item in
            let interval = Interval(called: number * 10, returned: number * 10 + 25)
            return .init(input: .write(number + 1), output: number, interval: interval)
        }
        let kept = SampledSearch.prefix(items.reversed(), 4)
        #expect(kept.map(\.interval) == items[..<4].map(\.interval))
        #expect(kept.map(\.output) == [0, 1, nil, nil])
        #expect(SampledSearch.prefix(items, 10) == items)
    }

    private func search(_ run: FakeRun, _ workload: Workload) -> SampledSearch.Outcome {
        SampledSearch(
            evidence: run.evidence, values: run.values,
            model: KeyModel(isCounter: workload == .counter)
        ).run()
    }
}
