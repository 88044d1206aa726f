import Foundation
import MultiPaxos
import TestSupport
import Testing

@testable import Bench

/// What such runs measure is the service without a fault, which must not be published as one with.
@Suite struct `A fault that did not strike` {
    @Test func `makes the run invalid whose disk was never full`() async throws {
        let run = try await Run([
            "--scenario", "full-disk-owner", "--workload", "get", "--seconds", "3", "--warmup",
            "0.2",
        ])
        #expect(run.exit == .status(2), "\(run.text)")
        let report = try #require(run.report)
        #expect(report.status == .invalid)
        #expect(report.reason?.contains("was not full when it was to have room again") == true)
    }

    @Test func `makes the run invalid whose object nobody came to own`() async throws {
        let port = try #require(try Ports.free(1).first)
        let connection = NodeOptions(
            cluster: "c", voters: [NodeOptions.Voter(node: 1, host: "127.0.0.1", port: port)])
        let duel = Duel(connection: { _ in connection }, pull: { _ in false })
        let refused = await #expect(throws: BenchError.self) {
            _ = try await duel.run(until: monotonicNow() + 20_000_000)
        }
        #expect(refused?.status == .invalid)
        #expect(refused?.description.contains("no application came to own the object") == true)
    }

    @Test func `makes the run invalid whose paused process is no server of the cluster`()
        async throws
    {
        let folder = try TemporaryDirectory()
        let servers = try ServerGroup(RunOptions())
        try await servers.start()
        let strangers = try (1...3).map { number in
            try ServerProcess("/bin/sleep", ["600"], log: folder.path("stranger-\(number)"))
        }
        // A server that takes long to answer passes for one that is stopped: then once more.
        var run = try await Self.pause(strangers, of: servers)
        for _ in 0..<2 where run.exit == .status(0) {
            run = try await Self.pause(strangers, of: servers)
        }
        #expect(run.exit == .status(2), "\(run.text)")
        let report = try #require(run.report)
        #expect(report.status == .invalid)
        #expect(report.reason?.contains("answers while process") == true, "\(run.text)")
        // What it stopped, it lets go on.
        for stranger in strangers {
            #expect(stranger.poll() == .running)
            stranger.signal(SIGTERM)
            #expect(await stranger.waitForEnd(seconds: 30))
        }
        #expect(await servers.stop() == nil)
    }

    private static func pause(
        _ strangers: [ServerProcess], of servers: ServerGroup
    ) async throws -> Run {
        try await Run([
            "--scenario", "pause-owner", "--seconds", "3", "--warmup", "0.2",
            "--cluster",
            servers.addresses.map { "\($0.node)=\($0.hostAndPort)" }.joined(separator: ","),
            "--cluster-name", servers.clusterName,
            "--pids", strangers.map { "\($0.pid)" }.joined(separator: ","),
        ])
    }
}
