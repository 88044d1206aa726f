import Testing

@testable import Bench

/// On real processes.
@Suite(.serialized) struct `Several objects` {
    @Test func `are each judged by their own log`() async throws {
        let run = try await Run([
            "--objects", "20", "--clients", "2", "--workload", "mixed", "--keys", "10",
            "--seconds", "2", "--warmup", "0.5",
        ])
        #expect(run.exit == .status(0), "\(run.text)")
        let report = try #require(run.report)
        #expect(report.config.objects == 20)
        #expect(report.verdict.linearizable == .holds)
        #expect(report.verdict.refines_ado == .holds, "\(run.text)")
        #expect(report.verification.logs.map(\.node) == [1, 2, 3])
        // Eight keys of each are searched, and all are read at the end.
        #expect(report.verification.searched.keys == 20 * 8)
        #expect(report.verification.values_read == 20 * 10)
        // 20 logs with the keys and the operations of two clients.
        let entries = try #require(report.verification.logs.first?.applied)
        #expect(entries == report.verification.acknowledged + report.unsettled)
    }

    @Test(arguments: [Plant.loss, .staleRead, .fork])
    func `are refuted if one of them is falsified`(_ plant: Plant) async throws {
        let run = try await Run([
            "--objects", "3", "--workload", "mixed", "--keys", "10", "--seconds", "1", "--warmup",
            "0", "--plant", plant.rawValue,
        ])
        #expect(run.exit == .status(1), "\(run.text)")
        let report = try #require(run.report)
        #expect(report.acked_lost == (plant == .loss ? 1 : 0))
        #expect(report.verdict.linearizable == (plant == .fork ? .holds : .fails))
        #expect(report.verdict.refines_ado == (plant == .fork ? .fails : .holds))
    }

    @Test func `survive the end of their owner`() async throws {
        let run = try await Run([
            "--objects", "10", "--scenario", "kill-owner", "--seconds", "6", "--warmup", "0.5",
        ])
        #expect(run.exit == .status(0), "\(run.text)")
        #expect(run.report?.verdict.linearizable == .holds)
    }

    @Test func `need an operation in flight each`() throws {
        var options = RunOptions()
        options.objects = 1000
        try options.validate()
        options.clients = 2
        let error = #expect(throws: BenchError.self) { try options.validate() }
        #expect(error?.description.contains("--in-flight") == true)
        for wrong in [0, 1001] {
            options.objects = wrong
            #expect(throws: BenchError.self) { try options.validate() }
        }
        options = RunOptions()
        options.objects = 2
        options.embeddedOwner = true
        #expect(throws: BenchError.self) { try options.validate() }
    }
}
