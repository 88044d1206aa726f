import ADOApps
import Linearizability
import TestSupport
import Testing

@testable import Bench

@Suite struct `The judge of an application` {
    private func set(_ history: AppHistory, _ key: String, _ value: String) async {
        _ = await history.record(.set(key, value), client: 0) { .done }
    }

    private func read(_ history: AppHistory, _ key: String, _ value: String?) async {
        _ = await history.record(.get(key), client: 1) { .value(value) }
    }

    private func isOffence(_ finding: AppFinding?) -> Bool {
        if case .offence = finding { true } else { false }
    }

    @Test func `accepts what a dictionary shows`() async {
        let history = AppHistory(keys: ["a", "b"])
        await set(history, "a", "1")
        await read(history, "a", "1")
        await read(history, "b", nil)
        #expect(history.finding() == nil)
    }

    @Test func `rejects a write that is lost`() async {
        let history = AppHistory(keys: ["a"])
        await set(history, "a", "1")
        await set(history, "a", "2")
        await read(history, "a", "1")
        #expect(isOffence(history.finding()))
    }

    @Test func `lets an unknown write have happened or not, and a refused one not`() async {
        for value in ["1", "2"] {
            let history = AppHistory(keys: ["a"])
            await set(history, "a", "1")
            let unknown = await history.record(.set("a", "2"), client: 0) {
                () throws(StoreFailure) in throw .unknown(.unreachable)
            }
            #expect(unknown == .unknown)
            await read(history, "a", value)
            #expect(history.finding() == nil)
        }
        let history = AppHistory(keys: ["a"])
        let refused = await history.record(.set("a", "2"), client: 0) {
            () throws(StoreFailure) in throw .notDone(.locked)
        }
        #expect(refused == .refused)
        await read(history, "a", "2")
        #expect(isOffence(history.finding()))
    }

    @Test func `refutes a run with an offence, and proves none that it cannot judge`() {
        var report = RunReport(
            scenario: .steady, workload: .commitAtStart, config: RunReport.Config(RunOptions()),
            machine: .current())
        report.judgeApp([], .commitAtStart)
        #expect(report.status == .proved)
        #expect(report.verdict.atomic == .holds)
        report.judgeApp([.undecided("nobody answers")], .commitAtStart)
        #expect(report.status == .invalid)
        report.judgeApp([.undecided("nobody answers"), .offence("split")], .commitAtStart)
        #expect(report.status == .refuted)
        #expect(report.verdict.atomic == .fails)
    }

    @Test func `refuses options that make no sense for an application`() {
        for change in [{ $0.embeddedOwner = true }, { $0.plant = .fork }]
            as [(
                inout RunOptions
            ) -> Void]
        {
            var options = RunOptions()
            options.workload = .lockFree
            change(&options)
            #expect(throws: BenchError.self) { try options.validate() }
        }
    }

    @Test func `kills servers under transactions too`() throws {
        var options = RunOptions()
        options.workload = .commitPerPhase
        options.scenario = .killOwner
        options.inFlight = 1
        try options.validate()
    }

    @Test func `keeps several operations of a client in flight only where it can`() throws {
        var options = RunOptions()
        options.inFlight = 8
        options.workload = .lockFree
        try options.validate()
        options.workload = .lockRetry
        let refused = #expect(throws: BenchError.self) { try options.validate() }
        #expect(refused?.description.contains("one operation after the other") == true)
    }
}

extension `A run on real servers` {
    @Test(arguments: [Workload.lockRetry, .lockFree, .commitAtStart, .commitPerPhase])
    func `proves an application`(_ workload: Workload) async throws {
        let run = try await Run([
            "--workload", workload.rawValue, "--clients", "3", "--in-flight", "3", "--keys", "4",
            "--seconds", "2", "--warmup", "0.2",
        ])
        #expect(run.exit == .status(0), "\(run.text)")
        let report = try #require(run.report)
        #expect(report.ok > 10)
        #expect(report.mode == "application")
        #expect(run.text.contains("PROVED       the application kept what it promises"))
        #expect(!run.text.contains("acknowledged and lost"))
        let verdict =
            workload.placement == nil ? report.verdict.linearizable : report.verdict.atomic
        #expect(verdict == .holds)
    }

    @Test func `proves an application whose clients do many things at once`() async throws {
        let run = try await Run([
            "--workload", "kvlockfree", "--clients", "2", "--in-flight", "64", "--keys", "64",
            "--seconds", "2", "--warmup", "0.2",
        ])
        #expect(run.exit == .status(0), "\(run.text)")
        #expect(run.report?.verdict.linearizable == .holds)
    }

    @Test func `proves an application whose servers lose their owner`() async throws {
        let run = try await Run([
            "--workload", "kvlockfree", "--scenario", "kill-owner", "--clients", "3",
            "--in-flight", "3", "--keys", "4", "--seconds", "6", "--warmup", "0.2",
        ])
        #expect(run.exit == .status(0), "\(run.text)")
        #expect(run.report?.verdict.linearizable == .holds)
    }
}
