import ADO
import ADOServer
import Foundation
import Logging
import MultiPaxos
import Synchronization
import TestSupport
import Testing

private let argumentsVariable = "ADO_TEST_GUEST_SERVER"

/// A server as a process of its own that hosts a type which `adod` does not have.
enum GuestServer {
    /// Starts servers, which are this test program once more, to run the one test that is one.
    static func cluster(
        in directory: TemporaryDirectory, electionTimeout: Int = 200, snapshotBytes: Int = 0,
        failpoints: Failpoints = Failpoints()
    ) async throws -> ServerCluster {
        let told = Told()
        return try await ServerCluster.start(
            "/proc/self/exe", in: directory,
            environment: { node in
                told.environment(node).merging(failpoints.environment(node)) { $1 }
            },
            edit: { arguments in
                told.keep(
                    arguments + ["--snapshot-bytes", "\(snapshotBytes)"]
                        + ["--election-timeout-ms", "\(electionTimeout)"])
                return ["--testing-library", "swift-testing", "--filter", "hosts guest lists"]
            })
    }

    /// What each server is told, which this program would not understand as arguments.
    private final class Told: Sendable {
        private let arguments = Mutex<[UInt64: [String]]>([:])

        func keep(_ told: [String]) {
            guard let node = GuestServer.options(told)["--node"].flatMap({ UInt64($0) }) else {
                return
            }
            arguments.withLock { $0[node] = told }
        }

        func environment(_ node: UInt64) -> [String: String] {
            [argumentsVariable: arguments.withLock { $0[node] ?? [] }.joined(separator: "\n")]
        }
    }

    fileprivate static func options(_ arguments: [String]) -> [String: String] {
        var options: [String: String] = [:]
        for position in stride(from: 0, to: arguments.count - 1, by: 2) {
            options[arguments[position]] = arguments[position + 1]
        }
        return options
    }

    fileprivate static var told: [String: String]? {
        ProcessInfo.processInfo.environment[argumentsVariable].map { text in
            options(text.split(separator: "\n").map { String($0) })
        }
    }
}

@Suite struct `A server process` {
    @Test(.enabled(if: GuestServer.told != nil, "is started by the tests that kill it"))
    func `hosts guest lists`() async throws {
        let told = try #require(GuestServer.told)
        let peers = try ServerConfiguration.peers(try #require(told["--peers"]))
        let node = try #require(told["--node"].flatMap { UInt64($0) })
        let timeout = try #require(told["--election-timeout-ms"].flatMap { Int($0) })
        var configuration = ServerConfiguration(
            cluster: told["--cluster"], node: node, peers: peers,
            data: try #require(told["--data"]), electionTimeout: .milliseconds(timeout))
        configuration.snapshotBytes = try #require(
            told["--snapshot-bytes"].flatMap { UInt64($0) })
        let types = TypeRegistry.stock()
        types.host(GuestList.self)
        types.host(Wallpaper.self)
        let logger = Logger(label: "guests") { StreamLogHandler.standardError(label: $0) }
        try await Server(configuration, types: types, logger: logger).run {
            print($0)
            fflush(nil)
        }
    }
}
