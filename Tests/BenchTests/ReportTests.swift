import ADO
import Foundation
import Testing

@testable import Bench

@Suite struct `A report` {
    @Test func `has the names that others rely on`() throws {
        var report = RunReport.example
        report.nodes = [
            RunReport.NodeFigures(
                node: 1, role: "owning", entries_s: 1, batches_s: 1, flushes_s: 1, cpu_s: 1,
                cpu_us_op: 1, lmdb_flags: ["NOTLS"], durable: true, restarted: false)
        ]
        report.events = [RunReport.Event(t_ms: 1, what: "x")]
        report.timeline = [Timeline.Point(Window(position: 0))]
        report.owner.before = RunReport.Owner(node: 1, ballot: "3.1")
        report.owner.after = RunReport.Owner(node: 2, ballot: "4.2")
        report.unavailable_ms = 12.5
        let json = try object(report)
        for key in [
            "scenario", "workload", "config", "throughput_ops_s", "latency_us", "ok", "failed",
            "unknown", "acked_lost", "unavailable_ms", "owner", "nodes", "timeline", "events",
            "verdict", "machine", "protocol", "keys",
        ] { #expect(json[key] != nil, "\(key)") }
        #expect(keys(json["latency_us"]) == ["max", "p50", "p90", "p99", "p999"])
        #expect(keys(json["owner"]) == ["after", "before"])
        #expect(keys((json["owner"] as? [String: Any])?["before"]) == ["ballot", "node"])
        let point = (json["timeline"] as? [Any])?.first
        #expect(
            keys(point) == [
                "failed", "max_us", "ok", "p50_us", "p99_us", "shed", "t_ms", "unknown",
            ])
        let node = keys((json["nodes"] as? [Any])?.first)
        for key in ["node", "entries_s", "batches_s", "flushes_s", "cpu_s", "lmdb_flags"] {
            #expect(node.contains(key), "\(key)")
        }
        #expect(keys((json["events"] as? [Any])?.first) == ["t_ms", "what"])
    }

    @Test func `names an embedded owner, and what ended its time`() throws {
        let own = Ballot(round: 7, node: 1 << 63 | 0xAB)
        var report = RunReport.example
        report.owner = RunReport.OwnerChange()
        report.judgeEmbeddedOwner(own, promised: own, nil)
        #expect(report.reason == nil)
        #expect(report.owner.embedded == true)
        #expect(report.owner.before == RunReport.Owner(node: 0, ballot: "7.c00ab"))
        #expect(report.owner.after == report.owner.before)
        var usurped = RunReport.example
        usurped.owner = RunReport.OwnerChange(after: RunReport.Owner(node: 2, ballot: "8.2"))
        usurped.judgeEmbeddedOwner(own, promised: nil, nil)
        #expect(usurped.reason?.contains("node 2 owned the object") == true)
        #expect(usurped.owner.after?.ballot == "8.2")
        var other = RunReport.example
        other.owner = RunReport.OwnerChange()
        other.judgeEmbeddedOwner(own, promised: Ballot(round: 8, node: 1 << 63 | 1), nil)
        #expect(other.reason?.contains("8.c0001") == true)
    }

    @Test func `says incomplete where nobody judged`() throws {
        var report = RunReport.example
        report.verdict.digests_agree = .holds
        report.verdict.counters_add_up = .fails
        let verdict = try #require(try object(report)["verdict"] as? [String: Any])
        #expect(verdict["digests_agree"] as? Bool == true)
        #expect(verdict["counters_add_up"] as? Bool == false)
        #expect(verdict["linearizable"] as? String == "incomplete")
        #expect(verdict["refines_ado"] as? String == "incomplete")
        #expect(verdict["acked_lost"] as? Int == 0)
        #expect(verdict["duplicated"] as? Int == 0)
    }

    @Test func `comes back from its file`() throws {
        let report = RunReport.example
        let back = try JSONDecoder().decode(RunReport.self, from: try JSONFile.data(report))
        #expect(try JSONFile.data(back) == JSONFile.data(report))
    }

    @Test func `refuses a file that cannot be written`() {
        #expect(throws: BenchError.self) {
            try JSONFile.write(RunReport.example, to: "/nowhere/at/all.json")
        }
    }

    private func object(_ report: RunReport) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: JSONFile.data(report)) as? [String: Any])
    }

    private func keys(_ value: Any?) -> [String] {
        ((value as? [String: Any]) ?? [:]).keys.sorted()
    }
}

extension RunReport {
    static let example = RunReport(
        scenario: .steady, workload: .set,
        config: Config(
            replicas: 3, value_bytes: 100, in_flight: 10, clients: 1, keys: 5, seconds: 1,
            warmup_s: 0, election_timeout_ms: 200, call_timeout_ms: 1000, servers: "own"),
        machine: .current())
}

@Suite struct `The report of several runs` {
    @Test func `is that of the run in the middle`() throws {
        let reports = [300.0, 100, 200].map { throughput in
            var report = RunReport.example
            report.throughput_ops_s = throughput
            report.status = .proved
            return report
        }
        let middle = try #require(RunReport.middle(of: reports))
        #expect(middle.throughput_ops_s == 200)
        #expect(middle.repeat?.median_throughput_ops_s == 200)
        #expect(middle.repeat?.throughput_ops_s == [300, 100, 200])
        #expect(middle.status == .proved)
    }

    @Test func `goes by the unavailability where a fault was injected`() throws {
        let reports = [(1.0, 50.0), (2, 10), (3, 90)].map { throughput, gap in
            var report = RunReport.example
            report.scenario = .killOwner
            report.throughput_ops_s = throughput
            report.unavailable_ms = gap
            return report
        }
        let middle = try #require(RunReport.middle(of: reports))
        #expect(middle.unavailable_ms == 50)
        #expect(middle.repeat?.median_unavailable_ms == 50)
        #expect(middle.repeat?.median_throughput_ops_s == 2)
    }

    @Test func `is as bad as the worst of them`() throws {
        var reports = [RunReport](repeating: .example, count: 3)
        for position in reports.indices { reports[position].status = .proved }
        reports[0].status = .invalid
        #expect(RunReport.middle(of: reports)?.status == .invalid)
        reports[2].status = .refuted
        reports[2].acked_lost = 4
        reports[2].reason = "lost"
        let middle = try #require(RunReport.middle(of: reports))
        #expect(middle.status == .refuted)
        #expect(middle.acked_lost == 4)
        #expect(middle.reason == "lost")
    }

    @Test func `is as sure as the least sure of them`() throws {
        var reports = [RunReport](repeating: .example, count: 3)
        for position in reports.indices {
            reports[position].status = .proved
            reports[position].verdict.linearizable = .holds
            reports[position].verdict.refines_ado = .holds
        }
        #expect(RunReport.middle(of: reports)?.verdict.linearizable == .holds)
        reports[0].verdict.linearizable = .incomplete
        reports[2].verdict.refines_ado = .fails
        #expect(RunReport.middle(of: reports)?.verdict.linearizable == .incomplete)
        reports[1].verdict.refines_ado = .incomplete
        #expect(RunReport.middle(of: reports)?.verdict.refines_ado == .fails)
    }

    @Test func `has the lower one of two middles`() {
        #expect(median([4, 1, 3, 2]) == 2)
        #expect(median([Int]()) == nil)
    }
}

@Suite struct `A verdict` {
    @Test func `refutes before it calls a run invalid`() {
        var report = RunReport.example
        report.reason = "no other server took over."
        var verification = Verification()
        verification.offences = ["lost on node 2: request 7"]
        report.judge(Verdict(acked_lost: 1), verification, "a log is missing")
        #expect(report.status == .refuted)
        #expect(report.reason == "lost on node 2: request 7")
        #expect(report.acked_lost == 1)
    }

    @Test func `is invalid where the evidence is not complete`() {
        var report = RunReport.example
        report.judge(Verdict(), Verification(), "a log is missing")
        #expect(report.status == .invalid)
        #expect(report.reason == "a log is missing")
    }

    @Test func `proves what is complete and clean`() {
        var report = RunReport.example
        report.judge(Verdict(), Verification(), nil)
        #expect(report.status == .proved)
        #expect(TextReport(report: report).lines().last?.contains("PROVED") == true)
    }
}

@Suite struct `A chart` {
    @Test func `has a row per half second, with the events of that time`() {
        let points = (0..<10).map { position in
            var window = Window(position: position)
            window.ok = position < 5 ? 100 : 50
            return Timeline.Point(window)
        }
        let chart = Chart(points, events: [RunReport.Event(t_ms: 620, what: "killed node 2")])
        #expect(chart.rows.map(\.t_ms) == [0, 500])
        #expect(chart.rows.map(\.opsPerSecond) == [1000, 500])
        #expect(chart.rows[0].events.isEmpty)
        #expect(chart.rows[1].events == ["killed node 2"])
        #expect(chart.lines()[1].contains("killed node 2"))
    }

    @Test func `draws bars in eighths of a column`() {
        #expect(Chart.bar(0) == String(repeating: " ", count: Chart.barWidth))
        #expect(Chart.bar(1) == String(repeating: "█", count: Chart.barWidth))
        #expect(Chart.bar(0.0001).first == "▏")
        #expect(Chart.bar(0.5).prefix(18) == String(repeating: "█", count: 18))
    }

    @Test func `writes numbers that can be read`() {
        #expect(grouped(1_234_567) == "1,234,567")
        #expect(grouped(12) == "12")
        #expect(tenths(12.34) == "12.3")
        #expect(milliseconds(259) == "0.26 ms")
        #expect(milliseconds(45_678) == "45.7 ms")
    }
}

@Suite struct `The LMDB flags` {
    @Test func `are named`() {
        #expect(LMDBFlags.names(0x200000 | 0x1000000) == ["NOTLS", "NOMEMINIT"])
        #expect(LMDBFlags.names(0x8) == ["0x8"])
        #expect(LMDBFlags.names(0) == [])
    }

    @Test func `tell whether a commit is flushed`() {
        #expect(LMDBFlags.areDurable(0x200000 | 0x800000))
        for lossy in [0x10000, 0x40000, 0x80000, 0x100000] as [UInt32] {
            #expect(!LMDBFlags.areDurable(lossy))
        }
    }
}

@Suite struct `Digests` {
    let good = ReplicaDigest(node: 1, index: 9, digest: 5)

    @Test func `agree if all are the same`() {
        #expect(
            ReplicaDigest.disagreement([good, ReplicaDigest(node: 2, index: 9, digest: 5)]) == nil)
    }

    @Test func `disagree if one differs, and it is named`() throws {
        let bad = ReplicaDigest(node: 3, index: 9, digest: 6)
        let text = try #require(ReplicaDigest.disagreement([good, bad]))
        #expect(text.contains("node 3"))
    }

    @Test func `disagree if one is behind`() {
        let late = ReplicaDigest(node: 2, index: 8, digest: 5)
        #expect(ReplicaDigest.disagreement([good, late]) != nil)
        #expect(ReplicaDigest.disagreement([]) != nil)
    }
}
