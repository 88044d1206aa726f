import Foundation
import TestSupport
import Testing

@testable import Bench

/// The command on real processes: servers, signals, logs.
@Suite(.serialized) struct `A run on real servers` {
    @Test(arguments: [Workload.set, .mixed, .ycsbB, .ycsbD, .ycsbF, .counter])
    func `proves a steady load`(_ workload: Workload) async throws {
        let run = try await Run(
            ["--workload", workload.rawValue, "--seconds", "3", "--warmup", "0.5"])
        #expect(run.exit == .status(0), "\(run.text)")
        let report = try #require(run.report)
        #expect(report.status == .proved)
        #expect(report.ok > 100)
        #expect(report.verification.logs.map(\.node) == [1, 2, 3])
        #expect(report.verification.logs.allSatisfy { $0.offences.isEmpty })
        #expect(report.verdict.digests_agree == .holds)
        #expect(report.verdict.state_matches_log == .holds)
        #expect(report.verdict.counters_add_up == (workload == .counter ? .holds : .incomplete))
        #expect(report.nodes.count == 3)
        #expect(report.nodes.allSatisfy { $0.durable && $0.flushes_s > 0 })
        #expect(report.verdict.linearizable == .holds)
        #expect(report.verdict.refines_ado == .holds)
        #expect(report.verification.trace_records > 20)
        #expect(report.verification.not_judged == [])
        #expect(report.verification.searched.operations > 20)
        #expect(report.timeline.count == 30)
        #expect(report.timeline.reduce(0) { $0 + $1.ok } == report.ok)
    }

    @Test(arguments: Pace.Arrival.allCases)
    func `offers what it was told to, whatever comes back`(_ arrival: Pace.Arrival) async throws {
        let run = try await Run([
            "--rate", "2000", "--arrival", arrival.rawValue, "--seed", "5", "--seconds", "2",
            "--warmup", "0.2", "--workload", "mixed",
        ])
        #expect(run.exit == .status(0), "\(run.text)")
        let report = try #require(run.report)
        let load = try #require(report.open_load)
        #expect((3600...4400).contains(load.offered))
        #expect(load.seed == 5 && load.arrival == arrival)
        #expect(report.shed == 0)
        #expect(load.submitted_late_us.max > 0)
        #expect(report.verdict.linearizable == .holds)
        #expect(report.verdict.refines_ado == .holds, "\(run.text)")
    }

    @Test func `sheds and counts what there is no room for`() async throws {
        let run = try await Run([
            "--rate", "500000", "--waiting", "50", "--in-flight", "4", "--seconds", "1",
            "--warmup", "0.2",
        ])
        #expect(run.exit == .status(0), "\(run.text)")
        let report = try #require(run.report)
        let load = try #require(report.open_load)
        #expect(report.shed > load.offered / 2)
        #expect(load.waiting_at_end <= 50)
        // Nothing vanishes: what is neither answered nor shed was under way at the ends.
        let accounted = report.ok + report.failed + report.shed
        #expect(accounted + 200 >= load.offered && accounted <= load.offered + 200)
        #expect(report.timeline.reduce(0) { $0 + $1.shed } == report.shed)
    }

    @Test func `measures the bare pipeline`() async throws {
        let folder = try TemporaryDirectory()
        let child = try ChildProcess(
            Products.path("adobench"),
            [
                "run", "--target", "pipeline", "--in-flight", "64", "--seconds", "1", "--warmup",
                "0.2", "--data", folder.path, "--json", folder.path("pipeline.json"),
            ])
        #expect(try await child.exit() == .status(0), "\(child.standardError)")
        let report = try JSONFile.read(
            PipelineReport.self, from: folder.path("pipeline.json"))
        #expect(report.in_flight == 64 && report.batch == 32)
        #expect(report.throughput_ops_s > 100 && report.latency_us.p50 > 0)
        #expect(report.commits_s > 0)
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(left == ["pipeline.json"])
    }

    @Test func `finds a knee`() async throws {
        let folder = try TemporaryDirectory()
        let child = try ChildProcess(
            Products.path("adobench"),
            [
                "knee", "--ladder", "1,8,64", "--seconds", "1", "--warmup", "0.2", "--keys", "100",
                "--json", folder.path("knee.json"),
            ])
        let exit = try await child.exit(within: .seconds(150))
        #expect(exit == .status(0), "\(child.standardError)")
        let report = try JSONFile.read(KneeReport.self, from: folder.path("knee.json"))
        #expect(report.steps.map(\.in_flight) == [1, 8, 64])
        #expect(report.steps.allSatisfy { $0.throughput_ops_s > 0 && $0.status == .proved })
        #expect(report.knee != nil)
        #expect(child.standardOutput.contains("◀ knee"))
    }

    @Test func `makes a report of a suite`() async throws {
        let folder = try TemporaryDirectory()
        let child = try ChildProcess(
            Products.path("adobench"),
            [
                "suite", folder.path, "--scenarios", "steady,kill-owner", "--loads", "50",
                "--ladder", "1,8,64", "--seconds", "5", "--repeat", "1", "--warmup", "0.2",
                "--keys", "100", "--seed", "3",
            ])
        let exit = try await child.exit(within: .seconds(200))
        #expect(exit == .status(0), "\(child.standardError)\(child.standardOutput)")
        let data = try SuiteData.read(folder.path)
        #expect(data.about.runs.map(\.scenario) == ["steady", "kill-owner"])
        #expect(data.about.flush_us.p50 > 0)
        #expect(data.about.pipeline?.in_flight == data.about.knee.knee?.in_flight)
        let markers = try #require(data.reports[1].course?.markers)
        let elected = try #require(markers.elected_ms)
        let committed = try #require(markers.first_commit_ms)
        #expect(markers.injected_ms < elected && elected < committed)
        #expect(data.reports[1].course?.ownerChanges ?? 0 >= 1)
        let page = try String(contentsOfFile: folder.path("index.html"), encoding: .utf8)
        #expect(page.contains("2 of 2 runs proved"))
        let again = try ChildProcess(Products.path("adobench"), ["report", folder.path])
        #expect(try await again.exit() == .status(0))
        #expect(try String(contentsOfFile: folder.path("index.html"), encoding: .utf8) == page)
    }

    @Test func `proves reads`() async throws {
        let run = try await Run(
            ["--workload", "get", "--keys", "500", "--seconds", "2", "--warmup", "0.2"])
        #expect(run.exit == .status(0), "\(run.text)")
        let report = try #require(run.report)
        #expect(report.ok > 100)
        #expect(report.verification.acknowledged == 500)
        #expect(report.unavailable_ms == nil)
        #expect(report.verdict.linearizable == .holds)
    }

    @Test func `says what it did not judge without traces`() async throws {
        let run = try await Run(["--seconds", "1", "--warmup", "0", "--no-trace"])
        #expect(run.exit == .status(0), "\(run.text)")
        let report = try #require(run.report)
        #expect(report.verdict.linearizable == .holds)
        #expect(report.verdict.refines_ado == .incomplete)
        #expect(report.verification.not_judged.first?.contains("--no-trace") == true)
        #expect(run.text.contains("refines ADO: not judged"))
    }

    @Test(arguments: [(Workload.set, 64), (.counter, 1)])
    func `proves the load of an owner that is embedded`(
        _ workload: Workload, _ inFlight: Int
    ) async throws {
        let run = try await Run([
            "--embedded-owner", "--workload", workload.rawValue, "--in-flight", "\(inFlight)",
            "--seconds", "2", "--warmup", "0.2",
        ])
        #expect(run.exit == .status(0), "\(run.text)")
        let report = try #require(run.report)
        #expect(report.status == .proved)
        #expect(report.ok > 20)
        #expect(report.mode == "embedded-owner")
        #expect(report.config.embedded_owner == true)
        #expect(report.owner.embedded == true)
        let ballot = try #require(report.owner.before?.ballot)
        #expect(report.owner.after?.ballot == ballot)
        #expect(run.text.contains("owner        embedded in the generator, ballot \(ballot)"))
        #expect(ballot.wholeMatch(of: /[0-9]+\.c[0-9a-f]{4}/) != nil, "\(ballot)")
        #expect(report.verification.logs.map(\.node) == [1, 2, 3])
        #expect(report.verification.logs.allSatisfy { $0.applied >= report.ok })
        #expect(report.verdict.digests_agree == .holds)
        #expect(report.verdict.results_match_log == .holds)
        #expect(report.verdict.linearizable == .holds)
        #expect(report.verdict.refines_ado == .holds, "\(run.text)")
        #expect(report.verdict.state_matches_log == .holds)
        #expect(report.nodes.allSatisfy { $0.role == "follower" && $0.durable })
        #expect(report.client.cpu_s > 0)
    }

    @Test(arguments: [Plant.loss, .duplicate, .fork])
    func `refutes what is planted into the log of an embedded owner`(_ plant: Plant) async throws {
        let run = try await Run([
            "--embedded-owner", "--seconds", "1", "--warmup", "0", "--plant", plant.rawValue,
        ])
        #expect(run.exit == .status(1), "\(run.text)")
        let report = try #require(run.report)
        #expect(report.acked_lost == (plant == .loss ? 1 : 0))
        #expect(report.verdict.duplicated == (plant == .duplicate ? 1 : 0))
    }

    @Test func `kills the owner and proves that nothing is lost`() async throws {
        let run = try await Run(
            ["--scenario", "kill-owner", "--seconds", "6", "--warmup", "0.5"])
        #expect(run.exit == .status(0), "\(run.text)")
        let report = try #require(run.report)
        let before = try #require(report.owner.before)
        let taker = try #require(report.owner.taken_over_by)
        #expect(before.node != taker.node)
        #expect(report.nodes.first { $0.node == before.node }?.restarted == true)
        #expect(report.events.contains { $0.what.contains("SIGKILL to node \(before.node)") })
        let gap = try #require(report.unavailable_ms)
        #expect(gap > 0 && gap < 4000)
        #expect(report.verification.logs.count == 3)
        #expect(report.verdict.linearizable == .holds)
        #expect(report.verdict.refines_ado == .holds, "\(run.text)")
        // What a node traced is in its file before anybody can know of it.
        #expect(report.verification.trace_records_rebuilt == 0)
    }

    @Test(arguments: Plant.allCases)
    func `refutes what is planted`(_ plant: Plant) async throws {
        // One at a time: each read is opened by an answer, and must see what that answer says.
        let more = ["--workload", "mixed", "--in-flight", "1"]
        let run = try await Run(
            ["--seconds", "1", "--warmup", "0", "--plant", plant.rawValue]
                + (plant == .staleRead ? more : []))
        #expect(run.exit == .status(1), "\(run.text)")
        let report = try #require(run.report)
        #expect(report.verdict.refines_ado == (plant == .fork ? .fails : .holds))
        #expect(report.verdict.linearizable == (plant == .fork ? .holds : .fails))
        #expect(report.acked_lost == (plant == .loss ? 1 : 0))
        #expect(report.verdict.duplicated == (plant == .duplicate ? 1 : 0))
        // Which rule the fork breaks first depends on who commits that entry first.
        let reasons = plant == .fork ? ["identity", "agreement"] : ["request"]
        let reason = try #require(report.reason)
        #expect(reasons.contains { reason.contains($0) }, "\(reason)")
    }

    @Test(arguments: [
        ["--value-bytes", "3"], ["--scenario", "kill-owner", "--replicas", "1"],
        ["--scenario", "pause-owner", "--cluster", "1=h:1,2=h:2,3=h:3"], ["--cluster", "nonsense"],
        ["--embedded-owner", "--scenario", "kill-owner"],
        ["--embedded-owner", "--workload", "mixed"], ["--embedded-owner", "--clients", "2"],
        ["--plant", "stale-read"], ["--plant", "fork", "--no-trace"],
        ["--rate", "0"], ["--target", "pipeline", "--clients", "2"],
        ["--rate", "100", "--embedded-owner"],
        ["--rate", "100", "--waiting", "0"], ["--workload", "what"],
        ["--json", "/nowhere/at/all.json"],
    ])
    func `refuses wrong flags`(_ arguments: [String]) async throws {
        let child = try ChildProcess(
            Products.path("adobench"), ["run"] + arguments)
        let exit = try await child.exit()
        #expect(exit == .status(64), "\(child.standardError)")
    }

    @Test func `leaves nothing behind when it is interrupted`() async throws {
        let folder = try TemporaryDirectory()
        let child = try ChildProcess(
            Products.path("adobench"),
            ["run", "--seconds", "60", "--in-flight", "8", "--data", folder.url.path])
        try await poll(until: "the load runs") { child.standardError.contains("/s  p50") }
        child.send(SIGINT)
        #expect(try await child.exit() == .status(130))
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        #expect(left == [])
        // They are killed, and gone as soon as each of their threads has noticed.
        try await poll(until: "no server is left") {
            try FileManager.default.contentsOfDirectory(atPath: "/proc").allSatisfy { entry in
                let command = FileManager.default.contents(atPath: "/proc/\(entry)/cmdline")
                let text = String(decoding: command ?? Data(), as: UTF8.self)
                return !text.contains(folder.url.path)
            }
        }
    }

    @Test func `is invalid if a server does not end well`() async throws {
        let folder = try TemporaryDirectory()
        let script = folder.url.appending(path: "adod").path
        let adod = Products.path("adod")
        let text = """
            #!/bin/sh
            [ "$1" = format ] && exec \(adod) "$@"
            \(adod) "$@" & child=$!
            trap 'kill -TERM $child; wait $child; exit 139' TERM
            wait $child
            """
        try Data(text.utf8).write(to: URL(filePath: script))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
        let run = try await Run(["--seconds", "1", "--adod", script])
        #expect(run.exit == .status(2), "\(run.text)")
        #expect(run.report?.status == .invalid)
        #expect(run.report?.reason?.contains("status 139") == true, "\(run.text)")
        #expect(run.report?.verdict.acked_lost == 0)
    }

    @Test func `says what a server said that did not start`() async throws {
        let folder = try TemporaryDirectory()
        let script = folder.url.appending(path: "adod").path
        let text = "#!/bin/sh\n[ \"$1\" = format ] && exit 0\necho the disk is on fire\nexit 74\n"
        try Data(text.utf8).write(to: URL(filePath: script))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
        let child = try ChildProcess(
            Products.path("adobench"), ["run", "--seconds", "1", "--adod", script])
        let exit = try await child.exit()
        #expect(exit == .status(69))
        #expect(child.standardError.contains("the disk is on fire"))
        #expect(child.standardError.contains("status 74"))
    }
}

/// One `adobench run` with a small load, and its report.
struct Run {
    let exit: ChildProcess.Exit
    let report: RunReport?
    let text: String

    init(_ arguments: [String]) async throws {
        let folder = try TemporaryDirectory()
        let file = folder.url.appending(path: "report.json")
        let child = try ChildProcess(
            Products.path("adobench"),
            ["run", "--keys", "100", "--json", file.path]
                + (arguments.contains("--in-flight") ? [] : ["--in-flight", "64"]) + arguments)
        exit = try await child.exit(within: .seconds(150))
        text = child.standardError + child.standardOutput
        report = try? JSONDecoder().decode(RunReport.self, from: Data(contentsOf: file))
    }
}
