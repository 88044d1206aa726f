import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    @Suite struct `killed under load` {
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
        }

        @Test func `lose nothing with their owner, and another one takes over`() async throws {
            let cluster = try await ServerCluster.start(in: directory)
            try await cluster.withClient { client throws in
                let ledger = try await Writers.run(on: client) { writers throws in
                    try await writers.waitForProgress()
                    let owner = try await cluster.owner(of: Writers.keys, client)
                    try await cluster.kill([owner])
                    try await writers.waitForProgress()
                    let next = try await cluster.owner(of: Writers.keys, client)
                    #expect(next != owner)
                    try await cluster.restart([owner])
                    try await writers.waitForProgress()
                }
                try await cluster.verify(ledger, client)
            }
            try await cluster.stop()
        }

        @Test func `lose nothing with a follower, and the owner stays`() async throws {
            let cluster = try await ServerCluster.start(
                in: directory, edit: ServerCluster.patient)
            try await cluster.withClient { client throws in
                try await cluster.waitUntilSettled(client)
                let ledger = try await Writers.run(on: client) { writers throws in
                    try await writers.waitForProgress()
                    let owner = try await cluster.owner(of: Writers.keys, client)
                    let follower = try #require(cluster.nodes.first { $0 != owner })
                    try await cluster.kill([follower])
                    try await writers.waitForProgress()
                    #expect(try await cluster.owner(of: Writers.keys, client) == owner)
                    try await cluster.restart([follower])
                    try await writers.waitForProgress()
                }
                try await cluster.verify(ledger, client)
            }
            try await cluster.stop()
        }

        @Test func `lose nothing with two of five, the owner among them`() async throws {
            try await ServerCluster.run(replicas: 5, in: directory) { cluster, client throws in
                try await cluster.underLoad(client) { writers, owner throws in
                    let dead = [owner, try #require(cluster.others(than: owner).first)]
                    try await cluster.kill(dead)
                    try await writers.waitForProgress(within: elections(3))
                    let next = try await cluster.owner(of: Writers.keys, client)
                    #expect(!dead.contains(next))
                    try await cluster.restart(dead)
                }
            }
        }

        @Test func `lose nothing when a majority is killed, the owner among them`() async throws {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                try await cluster.underLoad(client) { writers, owner throws in
                    let dead = [owner, try #require(cluster.others(than: owner).first)]
                    try await cluster.kill(dead)
                    try await cluster.restart(dead)
                    try await writers.waitForProgress(within: elections(3))
                }
            }
        }

        @Test func `lose nothing when all are killed at once, twice`() async throws {
            let cluster = try await ServerCluster.start(in: directory)
            try await cluster.withClient { client throws in
                let ledger = try await Writers.run(
                    on: client, policy: .exactlyOnce(deadline: .seconds(20))
                ) { writers throws in
                    for _ in 1...2 {
                        try await writers.waitForProgress()
                        try await cluster.kill(cluster.nodes)
                        try await cluster.restart(cluster.nodes)
                    }
                    try await writers.waitForProgress()
                }
                try await cluster.verify(ledger, client)
            }
            try await cluster.stop()
        }
    }
}
