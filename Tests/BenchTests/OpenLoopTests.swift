import Foundation
import Testing

@testable import Bench

private let second: UInt64 = 1_000_000_000

@Suite struct `Operations of an open loop` {
    @Test func `come at a fixed rate, whenever somebody looks`() {
        var arrivals = Arrivals(rate: 1000, process: .fixed, waitingMax: 100, start: second)
        let early = arrivals.advance(to: second - 1)
        #expect(early.offered == 0)
        let late = arrivals.advance(to: second + 9_999_999)
        #expect(late.offered == 10 && late.shed == 0)
        let due = (0..<10).map { _ in arrivals.take() }
        let regular: [UInt64] = (0..<10).map { second + $0 * 1_000_000 }
        #expect(due == regular)
        #expect(arrivals.waiting == 0)
        #expect(arrivals.nextDue == second + 10_000_000)
    }

    @Test func `are shed and counted where too many wait, and cost no memory`() {
        var arrivals = Arrivals(rate: 1e6, process: .fixed, waitingMax: 64, start: 0)
        let stall = arrivals.advance(to: 10 * second)
        #expect(stall.offered == 10_000_001)
        #expect(stall.shed == 10_000_001 - 64)
        #expect(arrivals.waiting == 64)
        // Those that came first are kept: they wait longest, and the latency is theirs.
        #expect(arrivals.take() == 0)
        #expect(arrivals.offered == arrivals.shed + 64)
    }

    @Test func `are as many on average and as irregular as a Poisson process`() {
        var arrivals = Arrivals(
            rate: 10_000, process: .poisson(seed: 7), waitingMax: 1_000_000, start: 0)
        let (offered, _) = arrivals.advance(to: 10 * second)
        #expect((98_000...102_000).contains(offered))
        let due = (0..<offered).map { _ in arrivals.take() }
        let gaps = zip(due, due.dropFirst()).map { Double($1 - $0) }
        let (mean, variance) = moments(gaps)
        // An exponential distribution: as wide as its mean; a fixed rate has no width.
        #expect((0.97...1.03).contains(variance.squareRoot() / mean))
        // Independent: how many come in a window varies as its square root.
        let windows = Dictionary(grouping: due) { $0 / 100_000_000 }.values
        let (inWindow, spread) = moments(windows.map { Double($0.count) })
        #expect((980...1020).contains(inWindow))
        #expect((600...1500).contains(spread))
    }

    private func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
        let mean = values.reduce(0, +) / Double(values.count)
        let squares = values.map { ($0 - mean) * ($0 - mean) }
        return (mean, squares.reduce(0, +) / Double(values.count))
    }

    @Test func `are the same for the same seed`() {
        let sequences = ([7, 7, 8] as [UInt64]).map { seed in
            var arrivals = Arrivals(
                rate: 100, process: .poisson(seed: seed), waitingMax: 1000, start: 0)
            _ = arrivals.advance(to: second)
            return (0..<arrivals.waiting).map { _ in arrivals.take() }
        }
        #expect(sequences[0] == sequences[1])
        #expect(sequences[0] != sequences[2])
    }

    @Test func `of several clients take turns at a fixed rate`() {
        let pace = Pace(rate: 100, seed: 1)
        let clients = (0..<4).map { pace.arrivals(of: $0, among: 4, start: 0) }
        #expect(clients.map(\.nextDue) == [0, 10_000_000, 20_000_000, 30_000_000])
        #expect(clients.allSatisfy { $0.interval == 40_000_000 })
    }
}

@Suite struct `An open loop` {
    @Test func `opens what is due and nothing else`() {
        var loop = OperationLoop(width: 10, writesPercent: 100)
        loop.arrivals = Arrivals(rate: 1000, process: .fixed, waitingMax: 100, start: 0)
        _ = loop.arrivals?.advance(to: 2_500_000)
        #expect(loop.room == 3)
        for _ in 0..<3 { _ = loop.openWrite(now: 2_500_000) }
        #expect(loop.room == 0)
    }

    @Test func `counts latency from when an operation was due, not from when it was sent`() {
        var loop = OperationLoop(width: 1, writesPercent: 100)
        loop.arrivals = Arrivals(rate: 1000, process: .fixed, waitingMax: 100, start: 0)
        _ = loop.arrivals?.advance(to: 1_000_000)
        #expect(loop.openWrite(now: 1_000_000) == 1)
        // The service stops for a second. The second operation was due long ago.
        let first = loop.receivedWrite(1, .done, index: 1, witness: 0, now: second)
        #expect(first == .acknowledged(nanoseconds: second))
        #expect(loop.openWrite(now: second) == 2)
        let next = loop.receivedWrite(2, .done, index: 2, witness: 0, now: second + 5)
        #expect(next == .acknowledged(nanoseconds: second + 5 - 1_000_000))
        // The history is judged by when it was called.
        #expect(loop.ledger.interval(2)?.called == second)
    }

    @Test func `counts the latency of reads likewise`() {
        var loop = OperationLoop(width: 1, writesPercent: 0)
        loop.arrivals = Arrivals(rate: 1000, process: .fixed, waitingMax: 100, start: 0)
        _ = loop.arrivals?.advance(to: 0)
        let read = loop.openRead(now: 700)
        let reception = loop.receivedRead(read, .done, index: 3, witness: 0, now: 900)
        #expect(reception == .acknowledged(nanoseconds: 900))
        #expect(loop.reads[read]?.interval == Interval(called: 700, returned: 900))
    }

    @Test func `keeps no more in flight than its width, and lets the rest wait`() {
        var loop = OperationLoop(width: 2, writesPercent: 100)
        loop.arrivals = Arrivals(rate: 1000, process: .fixed, waitingMax: 100, start: 0)
        _ = loop.arrivals?.advance(to: 9_000_000)
        #expect(loop.room == 2)
        for _ in 0..<2 { _ = loop.openWrite(now: 9_000_000) }
        #expect(loop.room == 0)
        #expect(loop.arrivals?.waiting == 8)
        loop.stop()
        #expect(loop.arrivals == nil && loop.room == 0)
    }
}

@Suite struct `The knee` {
    private func curve(_ steps: [(Int, Double)]) -> KneeReport {
        var report = KneeReport(
            workload: .set, config: RunReport.Config(RunOptions()), machine: .current())
        report.steps = steps.map { inFlight, throughput in
            var run = RunReport.example
            run.config.in_flight = inFlight
            run.throughput_ops_s = throughput
            run.status = .proved
            return KneeReport.Step(run)
        }
        return report
    }

    @Test func `is where throughput stops growing as fast as latency`() {
        let report = curve([(1, 1000), (64, 60_000), (256, 200_000), (1024, 220_000)])
        #expect(report.knee?.in_flight == 256)
        #expect(report.status == .proved)
        #expect(report.lines().count { $0.contains("◀ knee") } == 1)
    }

    @Test func `is not where more load only brings less`() {
        #expect(curve([(1, 1000), (8, 9000), (64, 3000)]).knee?.in_flight == 8)
    }

    @Test func `survives its file`() throws {
        let report = curve([(1, 1000), (64, 60_000), (256, 200_000)])
        let data = try JSONFile.data(report)
        #expect(String(decoding: data, as: UTF8.self).contains("\"knee\""))
        let back = try JSONDecoder().decode(KneeReport.self, from: data)
        #expect(back.steps == report.steps)
    }

    @Test func `is not that of a run that was refuted`() {
        var report = curve([(1, 1000), (64, 60_000), (256, 200_000)])
        report.steps[1].status = .refuted
        report.steps[2].status = .invalid
        #expect(report.status == .refuted)
    }

    @Test func `needs a ladder that rises`() {
        for rungs in [[1, 2], [4, 2, 1], [0, 1, 2], [1, 2, 100_000]] {
            #expect(throws: BenchError.self) {
                try Ladder(rungs: rungs, options: RunOptions()).validate()
            }
        }
    }
}
