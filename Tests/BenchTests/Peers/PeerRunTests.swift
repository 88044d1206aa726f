import TestSupport
import Testing

@testable import Bench

private let hasRedis = (try? Peer.redis.findProgram()) != nil

/// Where redis-server is installed; elsewhere nothing here runs, and the summary says so.
@Suite(.serialized, .enabled(if: hasRedis, "redis-server is not installed"))
struct `A run against Redis` {
    @Test(arguments: [Peer.redis, .redisWait], [Workload.set, .mixed])
    func `is read back`(_ peer: Peer, _ workload: Workload) async throws {
        let run = try await Run([
            "--target", peer.rawValue, "--workload", workload.rawValue, "--seconds", "1",
            "--warmup", "0.2", "--clients", "2",
        ])
        #expect(run.exit == .status(0), "\(run.text)")
        let report = try #require(run.report)
        #expect(report.ok > 10)
        #expect(report.acked_lost == 0)
        #expect(report.peer?.keys_read == 100)
        #expect(report.peer?.processes.count == (peer == .redis ? 1 : 3))
        #expect(report.verification.searched.operations > 10)
        // What nobody can judge is never said to hold.
        #expect(report.verdict.linearizable == .incomplete)
        #expect(report.verdict.refines_ado == .incomplete)
        #expect(report.verdict.digests_agree == .incomplete)
        #expect(report.verdict.results_match_log == .incomplete)
        #expect(report.verification.not_judged.count > 3)
        #expect(run.text.contains("READ BACK") && !run.text.contains("PROVED"))
    }

    @Test(arguments: [Plant.loss, .wrongResult])
    func `refutes what is planted`(_ plant: Plant) async throws {
        let run = try await Run([
            "--target", "redis", "--seconds", "1", "--warmup", "0", "--plant", plant.rawValue,
        ])
        #expect(run.exit == .status(1), "\(run.text)")
        let report = try #require(run.report)
        if plant == .loss { #expect(report.acked_lost == 1) }
        #expect(report.reason?.contains("request") == true)
    }

    @Test func `keeps what was acknowledged over the death of its server`() async throws {
        let run = try await Run([
            "--target", "redis", "--scenario", "kill-owner", "--seconds", "3", "--warmup", "0.2",
        ])
        #expect(run.exit == .status(0), "\(run.text)")
        let report = try #require(run.report)
        #expect(report.peer?.processes.first?.restarted == true)
        #expect(try #require(report.unavailable_ms) >= 500)
    }
}
