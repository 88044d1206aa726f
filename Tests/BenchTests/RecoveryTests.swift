import Testing

@testable import Bench

@Suite struct `The recovery from a fault` {
    private func points(_ counts: [UInt64]) -> [Timeline.Point] {
        counts.enumerated().map { position, ok in
            var window = Window(position: position)
            window.ok = ok
            if ok > 0 { window.latency.record(ok) }
            return Timeline.Point(window)
        }
    }

    @Test func `ends where a second begins with 95 % of the throughput`() throws {
        let counts = Array(repeating: 100, count: 10) + [40, 0, 0, 60, 94]
        let all = points(counts.map { UInt64($0) } + Array(repeating: 96, count: 20))
        let recovery = try #require(Recovery(all, injected: 1020))
        #expect(recovery.baseline_ops_s == 1000)
        #expect(recovery.to_95_ms == 480)
        #expect(recovery.dent_ops == 60 + 100 + 100 + 40 + 6)
        #expect(recovery.worst_latency_us == 96)
    }

    /// Else the time until the run ended would pass for the time until the service was back.
    @Test(arguments: [false, true]) func `is none if writes were never acknowledged again`(
        resumes: Bool
    ) {
        let measured = MeasuredTime(start: 0, end: 3_000_000_000)
        let gaps = GapTracker()
        gaps.begin(at: measured.start)
        gaps.acknowledged(at: 1_000_000_000)
        if resumes { gaps.acknowledged(at: 2_500_000_000) }
        gaps.close(at: measured.end)
        var report = RunReport.example
        let strike = StrikeTimes(at: 1_000_000_000, recoveredAt: 2_000_000_000)
        report.fillGaps(gaps, measured, strike)
        #expect(report.unavailable_ms == (resumes ? 1500 : 2000))
        #expect(report.resumed_after_ms == (resumes ? 1500 : nil))
        #expect((report.reason == nil) == resumes)
        #expect(report.reason?.contains("not acknowledged again") != false)
    }

    @Test func `is not one burst of what had waited`() throws {
        let counts = Array(repeating: 100, count: 10) + [0, 500] + Array(repeating: 20, count: 18)
        let recovery = try #require(Recovery(points(counts.map { UInt64($0) }), injected: 1000))
        #expect(recovery.to_95_ms == nil)
    }

    @Test func `is not the end of a window in which it struck`() throws {
        let counts = Array(repeating: 100, count: 10) + [99, 0, 0, 300]
        let all = points(counts.map { UInt64($0) } + Array(repeating: 100, count: 20))
        let recovery = try #require(Recovery(all, injected: 1095))
        #expect(recovery.to_95_ms == 205)
        #expect(recovery.dent_ops == 201)
    }

    @Test func `takes no time where nothing was dented`() throws {
        let recovery = try #require(
            Recovery(points(Array(repeating: 100, count: 30)), injected: 1050))
        #expect(recovery.to_95_ms == 0)
        #expect(recovery.dent_ops == 0)
    }

    @Test func `is not known of a run without enough before or after the fault`() {
        let all = points(Array(repeating: 100, count: 30))
        #expect(Recovery(all, injected: 150) == nil)
        #expect(Recovery(all, injected: 2500) == nil)
        #expect(Recovery(points(Array(repeating: 0, count: 30)), injected: 1000) == nil)
    }
}
