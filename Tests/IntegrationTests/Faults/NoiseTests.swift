import FaultTools
import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// Rows 11 and 12 of the fault matrix, over TCP: there a network that loses and repeats packets
    /// shows as connections that break, and as delay.
    @Suite struct `on a bad network` {
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
        }

        @Test func `lose nothing while connections break again and again`() async throws {
            var random = SeededGenerator(seed: .random(in: 0...UInt64.max))
            try await ServerCluster.run(links: true, in: directory) { cluster, client throws in
                let links = try #require(cluster.links)
                try await cluster.underLoad(client) { writers, _ throws in
                    for _ in 1...20 {
                        let two = cluster.nodes.shuffled(using: &random).prefix(2)
                        links.interrupt(two[0], two[1])
                        try await writers.waitForProgress(5)
                    }
                }
            }
        }

        @Test func `notice damaged bytes, and close the connection they came on`() async throws {
            try await ServerCluster.run(links: true, in: directory) { cluster, client throws in
                let links = try #require(cluster.links)
                try await cluster.underLoad(client) { writers, _ throws in
                    for node in cluster.nodes {
                        for peer in cluster.others(than: node) {
                            links.corrupt(from: node, to: peer)
                        }
                        try await poll(until: "damaged bytes have arrived") {
                            !links.isCorrupting
                        }
                        try await writers.waitForProgress(5)
                    }
                }
                for node in cluster.nodes {
                    try await poll(until: "node \(node) says what it got") {
                        cluster.log(of: node).contains("closed the connection to node")
                    }
                }
            }
        }

        @Test func `elect nobody for a delay below the election timeout`() async throws {
            // So long that a machine which is busy with something else does not pause for more.
            let patient = { @Sendable (arguments: [String]) in
                arguments + ["--election-timeout-ms", "1500"]
            }
            try await ServerCluster.run(links: true, in: directory, edit: patient) {
                cluster, client throws in
                let links = try #require(cluster.links)
                try await cluster.underLoad(client) { writers, owner throws in
                    let ballot = try await cluster.ballot(of: Writers.keys, client)
                    for node in cluster.nodes {
                        for peer in cluster.others(than: node) {
                            links.set(.delay(.milliseconds(400)), from: node, to: peer)
                        }
                    }
                    try await writers.waitForProgress(within: .seconds(60))
                    #expect(try await cluster.ballot(of: Writers.keys, client) == ballot)
                    #expect(ballot?.node == owner)
                    links.mend()
                }
            }
        }

        @Test func `leave an owner that is far away`() async throws {
            try await ServerCluster.run(links: true, in: directory) { cluster, client throws in
                let links = try #require(cluster.links)
                try await cluster.underLoad(client) { writers, owner throws in
                    for node in cluster.others(than: owner) {
                        links.set(.delay(.milliseconds(700)), from: node, to: owner)
                        links.set(.delay(.milliseconds(700)), from: owner, to: node)
                    }
                    try await writers.waitForProgress(within: elections(4))
                    try await poll(until: "another server owns the keys") {
                        try await cluster.owner(of: Writers.keys, client) != owner
                    }
                    links.mend()
                }
            }
        }

        @Test func `go on with a follower behind a slow and narrow link`() async throws {
            try await ServerCluster.run(links: true, in: directory) { cluster, client throws in
                let links = try #require(cluster.links)
                try await cluster.underLoad(client) { writers, owner throws in
                    let follower = try #require(cluster.others(than: owner).first)
                    let narrow = LinkFault(
                        delay: .milliseconds(1500), bytesPerSecond: 20_000)
                    links.set(narrow, from: owner, to: follower)
                    try await writers.waitForProgress(100)
                    links.mend()
                }
            }
        }
    }
}
