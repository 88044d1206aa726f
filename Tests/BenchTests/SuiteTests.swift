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
