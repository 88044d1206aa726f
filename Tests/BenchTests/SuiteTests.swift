import Foundation
import TestSupport
import Testing

@testable import Bench

@Suite struct `A median` {
    @Test func `has an interval that is right in 95 of 100 cases`() throws {
        // Order statistics 6 and 15 of 20, as tables of the binomial distribution have it.
        let twenty = try #require(MedianInterval((1...20).shuffled().map(Double.init)))
        #expect(twenty.median == 10.5)
        #expect(twenty.low == 6 && twenty.high == 15)
        #expect(twenty.isConfident)
        let six = try #require(MedianInterval([6, 5, 4, 3, 2, 1]))
        #expect(six.low == 1 && six.high == 6 && six.isConfident)
    }

    @Test func `of few values has their range, and says so`() throws {
        let five = try #require(MedianInterval([5, 1, 3, 2, 4]))
        #expect(five.median == 3 && five.low == 1 && five.high == 5)
        #expect(!five.isConfident)
        #expect(MedianInterval([]) == nil)
    }
}

@Suite struct `A page` {
    private func report(_ scenario: Scenario, status: Bench.ExitStatus = .proved) -> RunReport {
        var report = RunReport.example
        report.scenario = scenario
        report.status = status
        report.reason = status == .proved ? nil : "an entry <was> lost & found"
        report.timeline = (0..<50).map { position in
            var window = Window(position: position)
            window.ok = position == 20 ? 0 : 100
            window.shed = position == 21 ? 5 : 0
            if window.ok > 0 { window.latency.record(1000) }
            return Timeline.Point(window)
        }
        report.course = Course(
            tenures: [
                Course.Tenure(t_ms: 0, node: 1, ballot: "1.1"),
                Course.Tenure(t_ms: 2100, node: 2, ballot: "2.2"),
            ],
            lag: [Course.Lag(node: 3, entries: Array(repeating: 0, count: 20) + [500])],
            markers: Course.Markers(injected_ms: 2000, first_commit_ms: 2080, healed_ms: 3000))
        report.recovery = Recovery(report.timeline, injected: 2000)
        report.unavailable_ms = 80
        return report
    }

    private func data(_ reports: [RunReport]) -> SuiteData {
        var knee = KneeReport(
            workload: .set, config: RunReport.Config(RunOptions()), machine: .current())
        knee.steps = [1, 64, 1024].map { inFlight in
            var run = RunReport.example
            run.config.in_flight = inFlight
            run.throughput_ops_s = Double(inFlight) * 100
            run.status = .proved
            run.latency_us = RunReport.Latency(p50: 500, p90: 600, p99: 900, p999: 1000, max: 2000)
            return KneeReport.Step(run)
        }
        let about = SuiteData.About(
            command: "adobench suite x --seed 5", seed: 5, started: "2026-01-01T00:00:00Z",
            machine: .current(), flush_us: RunReport.Latency(), knee: knee,
            runs: reports.map {
                SuiteData.Run(scenario: $0.scenario.name, percent: 50, file: "a.json")
            })
        return SuiteData(about: about, reports: reports)
    }

    @Test func `needs nothing but itself`() {
        let html = Page(data: data([report(.steady), report(.killOwner)])).html()
        for word in ["http:", "https:", "src=", "<script", "<link", "@import", "url("] {
            #expect(!html.contains(word), "\(word)")
        }
        #expect(html.contains("prefers-color-scheme: dark"))
        #expect(html.contains("@media print"))
    }

    @Test func `is well formed`() throws {
        let html = Page(data: data([report(.killOwner, status: .refuted)])).html()
        let body = try #require(html.firstRange(of: "<body>"))
        let text = html[body.lowerBound...].replacing("</html>", with: "")
        let parser = XMLDocumentCheck(text: String(text))
        #expect(parser.problem == nil)
    }

    @Test func `shows what was not proved, with its reason, as text`() {
        let html = Page(data: data([report(.killOwner, status: .refuted)])).html()
        #expect(html.contains("REFUTED"))
        #expect(html.contains("an entry &lt;was&gt; lost &amp; found"))
        #expect(html.contains("0 of 1 runs proved"))
    }

    @Test func `has the same figures as the summary for a terminal`() {
        let data = data([report(.killOwner)])
        let html = Page(data: data).html()
        let lines = SuiteSummary(data: data).lines()
        for text in ["80.0", "kill-owner"] {
            #expect(html.contains(text))
            #expect(lines.contains { $0.contains(text) })
        }
        #expect(html.contains("adobench suite x --seed 5"))
    }

    /// A report of windows that took turns, with this much of the throughput in the faulty one.
    private func inTurn(_ scenario: Scenario, _ ratios: [Double]) -> RunReport {
        var report = report(scenario)
        report.windows = Interleaved(
            window_s: 1,
            pairs: ratios.map { ratio in
                let stretches = Stretches()
                let measured = MeasuredTime(start: 1, seconds: 10)
                let counts: [Double] = [1000, 1000 * ratio, 1000]
                let parts = counts.enumerated().map { number, ok in
                    let at = measured.at(Double(number))
                    let stretch = stretches.begin(at: at, windows: 10, measured)
                    var window = Window(position: number * 10)
                    window.ok = UInt64(ok)
                    for _ in 0..<window.ok { window.latency.record(500) }
                    stretches.add(window)
                    return Interleaved.Stretch(stretches[stretch], longestGap: 30)
                }
                return Interleaved.Pair(
                    healthy: parts[0], faulty: parts[1], mending: parts[2], struck_ms: 1000,
                    victims: [1], owner_before: 1)
            })
        return report
    }

    @Test func `compares faulty windows with healthy ones, apart from single runs`() throws {
        let data = data([inTurn(.killOwner, [0.91, 0.93, 0.92]), report(.steady)])
        #expect(data.inTurn.map(\.0.scenario) == ["kill-owner"])
        #expect(data.alone.map(\.0.scenario) == ["steady"])
        let html = Page(data: data).html()
        let body = try #require(html.firstRange(of: "<body>"))
        let text = html[body.lowerBound...].replacing("</html>", with: "")
        #expect(XMLDocumentCheck(text: String(text)).problem == nil)
        #expect(html.contains("92.0 %") && html.contains("91.0 % … 93.0 %"))
        #expect(html.contains("The windows in the middle of 3 pairs."))
        let lines = SuiteSummary(data: data).lines()
        #expect(lines.contains { $0.hasPrefix("kill-owner") && $0.contains("92.0 %") })
        #expect(lines.count { $0.hasPrefix("kill-owner") } == 1)
        // Without single runs there is no table of them.
        let only = Page(data: self.data([inTurn(.killOwner, [1])])).html()
        #expect(!only.contains("What each fault did"))
    }

    @Test func `says so where a run did not recover`() {
        var dead = report(.killOwner)
        dead.recovery?.to_95_ms = nil
        #expect(SuiteSummary(data: data([dead])).lines().contains { $0.contains("not in 1 of 1") })
    }

    @Test func `comes back from its folder`() throws {
        let folder = try TemporaryDirectory()
        let path = folder.url.path
        try FileManager.default.createDirectory(
            atPath: "\(path)/data", withIntermediateDirectories: true)
        let data = data([report(.killOwner)])
        try JSONFile.write(data.about, to: SuiteData.path(path, "suite.json"))
        try JSONFile.write(data.reports[0], to: SuiteData.path(path, "a.json"), isCompact: true)
        #expect(ReportFolder.render(path) == .proved)
        let page = try String(contentsOfFile: "\(path)/index.html", encoding: .utf8)
        #expect(page == Page(data: data).html())
    }

    @Test func `of a folder without data is refused`() throws {
        let folder = try TemporaryDirectory()
        #expect(ReportFolder.render(folder.url.path) == .usage)
    }
}

@Suite struct `A profile of a suite` {
    private func suite(_ profile: SuiteProfile, _ change: (inout RunOptions) -> Void = { _ in })
        -> Suite
    {
        var options = RunOptions()
        change(&options)
        return Suite(
            folder: "x", scenarios: profile.scenarios ?? Scenario.all(for: options),
            percents: [50, 80], ladder: Ladder(rungs: profile.ladder, options: options),
            seconds: 12, repeats: profile.pairs, interleave: profile.interleave, repeatsAlone: 3,
            seed: 1, command: "")
    }

    @Test(arguments: SuiteProfile.allCases) func `can be run`(_ profile: SuiteProfile) throws {
        try suite(profile).validate()
        // The interval over the pairs must be one.
        let values = (1...profile.pairs).map { Double($0) }
        #expect(MedianInterval(values)?.isConfident == true)
    }

    @Test func `that is short has the faults that clusters are judged by, all in turn`() throws {
        let scenarios = try #require(SuiteProfile.short.scenarios)
        #expect(scenarios.count == 5)
        #expect(scenarios.allSatisfy { $0.canRepeat })
        #expect(scenarios.contains(.killOwner) && scenarios.contains(.pauseOwner))
        #expect(SuiteProfile.long.scenarios == nil && SuiteProfile.long.pairs == 20)
    }

    @Test func `is refused where its servers could not be measured`() {
        #expect(throws: BenchError.self) {
            try suite(.short) { $0.workload = .lockFree }.validate()
        }
        #expect(throws: BenchError.self) { try suite(.short) { $0.replicas = 1 }.validate() }
    }
}

/// Whether every element is closed where it must be.
private struct XMLDocumentCheck {
    let problem: String?

    init(text: String) {
        var open: [Substring] = []
        var problem: String?
        for match in text.matches(of: /<(\/?)([a-z0-9]+)[^<>]*?(\/?)>/) {
            let (_, closing, name, empty) = match.output
            if !empty.isEmpty { continue }
            if closing.isEmpty {
                open.append(name)
            } else if open.popLast() != name {
                problem = problem ?? "</\(name)> closes nothing"
            }
        }
        self.problem = problem ?? open.last.map { "<\($0)> is open" }
    }
}
