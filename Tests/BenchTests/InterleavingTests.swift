import Testing

@testable import Bench

@Suite struct `Windows that take turns` {
    private let measured = MeasuredTime(start: 1_000_000_000, seconds: 60)

    private func window(_ position: Int, ok: UInt64, latency: UInt64 = 1000) -> Window {
        var window = Window(position: position)
        window.ok = ok
        for _ in 0..<ok { window.latency.record(latency) }
        return window
    }

    @Test func `have only what was answered in them`() {
        let stretches = Stretches()
        let first = stretches.begin(at: measured.at(0.05), windows: 10, measured)
        let second = stretches.begin(at: measured.at(2.5), windows: 10, measured)
        for position in 0..<50 { stretches.add(window(position, ok: UInt64(position))) }
        #expect(stretches[first].positions == 0..<10)
        #expect(stretches[first].sum.ok == (0..<10).reduce(0, +))
        #expect(stretches[second].positions == 25..<35)
        #expect(stretches[second].sum.ok == (25..<35).reduce(0, +))
    }

    @Test func `take what a client hands over late, and from several`() {
        let stretches = Stretches()
        let early = stretches.begin(at: measured.at(0), windows: 2, measured)
        let late = stretches.begin(at: measured.at(40), windows: 2, measured)
        stretches.add(window(400, ok: 3))
        stretches.add(window(1, ok: 4))
        stretches.add(window(1, ok: 5, latency: 9000))
        #expect(stretches[early].sum.ok == 9)
        #expect(stretches[early].sum.latency.max >= 9000)
        #expect(stretches[late].sum.ok == 3)
    }

    @Test func `strike at another phase each time, and the same with the same seed`() {
        let turns = Interleaving(window: 2, pairs: 20)
        let phases = (0..<20).map { turns.phase(of: $0, seed: 7) }
        #expect(Set(phases).count == 20)
        #expect(phases.allSatisfy { (0..<Interleaving.phaseMax).contains($0) })
        #expect(phases.max() ?? 0 > 0.5 && phases.min() ?? 1 < 0.5)
        #expect(phases == (0..<20).map { turns.phase(of: $0, seed: 7) })
        #expect(phases != (0..<20).map { turns.phase(of: $0, seed: 8) })
    }

    @Test func `know the longest pause that touches each`() {
        let gaps = GapTracker()
        gaps.begin(at: 0)
        gaps.acknowledged(at: 10_000_000)
        gaps.acknowledged(at: 100_000_000)
        gaps.acknowledged(at: 130_000_000)
        // It began before the window, and ended in it.
        let first = gaps.takeLongest(since: 50_000_000, now: 131_000_000)
        #expect(first.nanoseconds == 90_000_000)
        // What was taken is not seen again, and what lasts counts.
        let second = gaps.takeLongest(since: 131_000_000, now: 150_000_000)
        #expect(second == GapTracker.Gap(start: 130_000_000, end: 150_000_000))
    }

    @Test func `count a pause that outlives its window to its end`() {
        let gaps = GapTracker()
        gaps.begin(at: 0)
        gaps.acknowledged(at: 10_000_000)
        let clipped = gaps.takeLongest(since: 0, now: 50_000_000)
        #expect(clipped.nanoseconds == 40_000_000)
        guard let lasting = gaps.lasting(at: 50_000_000) else {
            Issue.record("nothing lasts")
            return
        }
        #expect(gaps.grown(lasting, now: 60_000_000).nanoseconds == 50_000_000)
        gaps.acknowledged(at: 90_000_000)
        gaps.acknowledged(at: 95_000_000)
        // The next window has it, too, and does not forget it.
        #expect(gaps.takeLongest(since: 50_000_000, now: 96_000_000).nanoseconds == 80_000_000)
        #expect(gaps.grown(lasting, now: 200_000_000).nanoseconds == 80_000_000)
        var turn = Turns.Turn(stretch: 0, longestGap: 40)
        turn.extend(by: gaps.grown(lasting, now: 200_000_000))
        #expect(turn.longestGap == 80)
    }

    private func pair(healthy: UInt64, faulty: UInt64, gap: Double) -> Interleaved.Pair {
        let stretches = Stretches()
        let numbers = [(0.0, healthy), (1.0, faulty), (2.0, healthy)].map { second, ok in
            let number = stretches.begin(at: measured.at(second), windows: 10, measured)
            for position in 0..<10 {
                stretches.add(window(Int(second * 10) + position, ok: ok / 10))
            }
            return number
        }
        return Interleaved.Pair(
            healthy: Interleaved.Stretch(stretches[numbers[0]], longestGap: 1),
            faulty: Interleaved.Stretch(stretches[numbers[1]], longestGap: gap),
            mending: Interleaved.Stretch(stretches[numbers[2]], longestGap: 1), struck_ms: 1000,
            victims: [1], owner_before: 1)
    }

    @Test func `are compared pair by pair, with an interval over the pairs`() {
        var windows = Interleaved(window_s: 1)
        for number in 1...6 {
            windows.pairs.append(
                pair(healthy: 1000, faulty: UInt64(900 + 10 * number), gap: Double(number)))
        }
        #expect(windows.pairs[0].throughputRatio == 0.91)
        #expect(windows.pairs[0].mendingRatio == 1)
        #expect(windows.middle?.faulty.longest_gap_ms == 3)
        let figures = InterleavedFigures("x", percent: 50, windows)
        #expect(figures.cells.count == InterleavedFigures.columns.count)
        #expect(figures.cells[1].text == "93.5 % [91.0 % … 96.0 %]")
        #expect(figures.cells[5].text == "3.5 [1.0 … 6.0]")
        #expect(figures.cells[6].text == "6.0")
        #expect(windows.lines().count == InterleavedFigures.columns.count + 2)
    }

    @Test func `show the pair in the middle alone`() {
        var report = RunReport.example
        report.timeline = (0..<100).map { Timeline.Point(window($0, ok: 1)) }
        report.events = [
            RunReport.Event(t_ms: 100, what: "before"), RunReport.Event(t_ms: 2500, what: "within"),
        ]
        report.course = Course(
            tenures: [
                Course.Tenure(t_ms: 0, node: 1, ballot: "1.1"),
                Course.Tenure(t_ms: 500, node: 2, ballot: "2.2"),
                Course.Tenure(t_ms: 2600, node: 3, ballot: "3.3"),
            ],
            lag: [Course.Lag(node: 1, entries: (0..<100).map { UInt64($0) })],
            markers: Course.Markers(injected_ms: 2500, first_commit_ms: 2600, healed_ms: 3000))
        report.show(only: 20..<50)
        #expect(report.timeline.map(\.t_ms) == stride(from: 0, to: 3000, by: 100).map { $0 })
        #expect(report.events.map(\.what) == ["within"])
        #expect(report.course?.tenures.map(\.node) == [2, 3])
        #expect(report.course?.tenures.map(\.t_ms) == [0, 600])
        #expect(report.course?.lag[0].entries == (20..<50).map { UInt64($0) })
        #expect(report.course?.markers?.injected_ms == 500)
        #expect(report.course?.markers?.healed_ms == 1000)
    }

    @Test func `need a rate, writes, and a fault that can happen again`() throws {
        var options = RunOptions()
        options.scenario = .killOwner
        options.interleave = 2
        #expect(throws: BenchError.self) { try options.validate() }
        options.pace = Pace(rate: 1000, seed: 1)
        try options.validate()
        let spoil: [(inout RunOptions) -> Void] = [
            { $0.scenario = .steady }, { $0.scenario = Scenario(named: "late-replica") ?? .steady },
            { $0.interleave = 0.5 }, { $0.workload = .get }, { $0.workload = .lockFree },
            { $0.repeats = 201 },
        ]
        for (position, spoil) in spoil.enumerated() {
            var wrong = options
            spoil(&wrong)
            #expect(throws: BenchError.self, "case \(position)") { try wrong.validate() }
        }
    }
}

/// On real processes.
@Suite(.serialized) struct `Faults in turn` {
    @Test(arguments: ["kill-owner", "pause-follower"])
    func `are measured beside healthy windows of the same run`(_ scenario: String) async throws {
        let run = try await Run([
            "--scenario", scenario, "--rate", "1000", "--interleave", "2", "--repeat", "2",
            "--warmup", "0.5", "--seed", "4",
        ])
        #expect(run.exit == .status(0), "\(run.text)")
        let report = try #require(run.report)
        let windows = try #require(report.windows)
        #expect(windows.pairs.count == 2)
        for pair in windows.pairs {
            #expect(pair.healthy.throughput_ops_s > 0 && pair.mending.throughput_ops_s > 0)
            #expect(pair.healthy.t_ms < pair.faulty.t_ms && pair.faulty.t_ms < pair.mending.t_ms)
            #expect(pair.victims.count == 1)
            #expect((pair.victims == [pair.owner_before]) == (scenario == "kill-owner"))
            #expect((pair.taken_over_by != nil) == (scenario == "kill-owner"))
        }
        #expect(report.verdict.linearizable == .holds)
        #expect(report.verdict.refines_ado == .holds, "\(run.text)")
        let middle = try #require(windows.middle)
        #expect(report.timeline.count == windows.positions(of: middle).count)
        #expect(report.course?.markers != nil)
        #expect(run.text.contains("95 % after ms"))
    }
}
