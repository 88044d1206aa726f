import MultiPaxos
import TestSupport
import Testing

/// A bound that the design gives in election timeouts, as a deadline of a test.
///
/// Ten times as long: the tests share few cores with much else, and do not judge speed.
func elections(_ timeouts: Int) -> Duration { .milliseconds(200) * timeouts * 10 }

extension ServerCluster {
    /// For tests in which nobody may be elected: a machine that is busy with something else does
    /// not stop a server for so long.
    static let patient: @Sendable ([String]) -> [String] = {
        $0 + ["--election-timeout-ms", "1000"]
    }

    /// Starts servers, waits until they agree who serves, runs `body`, and stops them in order.
    static func run(
        replicas: Int = 3, links: Bool = false, in directory: TemporaryDirectory,
        environment: @escaping @Sendable (UInt64) -> [String: String] = { _ in [:] },
        edit: @escaping @Sendable ([String]) -> [String] = { $0 },
        _ body: (ServerCluster, Cluster) async throws -> Void
    ) async throws {
        let cluster = try await start(
            replicas: replicas, links: links, in: directory, environment: environment,
            edit: edit)
        try await cluster.withClient { client throws in
            do {
                try await cluster.waitUntilSettled(client)
                try await body(cluster, client)
            } catch {
                throw Failure(cause: error, servers: await cluster.accounts(client))
            }
        }
        try await cluster.stop()
    }

    /// What went wrong, and what the servers say about it.
    private struct Failure: Error, CustomStringConvertible {
        let cause: any Error
        let servers: [String]

        var description: String { "\(cause)\n\(servers.joined(separator: "\n"))" }
    }

    private func accounts(_ client: Cluster) async -> [String] {
        var accounts: [String] = []
        for node in nodes {
            let serving = try? await client.client.status(of: node).serving
            let keys = try? await client.client.status(of: Writers.keys, on: node)
            let lines = log(of: node).split(separator: "\n").suffix(10)
            accounts.append(
                "node \(node): serving \(serving as Any), keys \(keys as Any)\n"
                    + lines.joined(separator: "\n"))
        }
        return accounts
    }

    /// Runs `body` while clients write, then waits for some more writes and verifies everything.
    ///
    /// `body` is told who owns the keys when it begins.
    func underLoad(
        _ client: Cluster, _ body: (Writers, _ owner: UInt64) async throws -> Void
    ) async throws {
        let ledger = try await Writers.run(on: client) { writers throws in
            try await writers.waitForProgress()
            try await body(writers, owner(of: Writers.keys, client))
            try await writers.waitForProgress()
        }
        try await verify(ledger, client)
    }

    /// The servers but for some.
    func others(than some: UInt64...) -> [UInt64] { nodes.filter { !some.contains($0) } }
}
