import FaultTools
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// Row 10 of the fault matrix.
    @Suite struct `heard in one direction only` {
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
        }

        private func check(
            _ replicas: Int = 3,
            _ fault: (Network, _ owner: UInt64, _ others: [UInt64]) -> Void
        ) async throws {
            try await ServerCluster.run(replicas: replicas, links: true, in: directory) {
                cluster, client throws in
                let links = try #require(cluster.links)
                try await cluster.underLoad(client) { writers, owner throws in
                    fault(links, owner, cluster.others(than: owner))
                    try await writers.waitForProgress(within: elections(4))
                    links.mend()
                }
            }
        }

        @Test func `go on if the owner hears and is not heard`() async throws {
            try await check { links, owner, others in
                for node in others { links.set(.silence, from: owner, to: node) }
            }
        }

        @Test func `go on if the owner is heard and does not hear`() async throws {
            try await check { links, owner, others in
                for node in others { links.set(.silence, from: node, to: owner) }
            }
        }

        @Test func `go on if one follower is not heard, and another does not hear`() async throws {
            try await check(5) { links, owner, others in
                for node in [owner] + others where node != others[0] {
                    links.set(.silence, from: others[0], to: node)
                }
                for node in [owner] + others where node != others[1] {
                    links.set(.silence, from: node, to: others[1])
                }
            }
        }

        @Test func `go on with the one pair that hears each other`() async throws {
            try await check { links, owner, others in
                links.set(.silence, from: owner, to: others[0])
                links.set(.silence, from: others[0], to: others[1])
            }
        }
    }
}
