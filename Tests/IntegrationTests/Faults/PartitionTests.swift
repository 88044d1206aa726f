import ADO
import ADOObjects
import FaultTools
import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// Rows 7 and 8 of the fault matrix.
    @Suite struct `parted in two` {
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
        }

        /// A write through this server is refused promptly, as certainly not done.
        ///
        /// Until it knows that nobody serves it sends writes on, whose fate is then unknown.
        private func refuses(_ node: UInt64, _ cluster: ServerCluster) async throws {
            try await cluster.withClient(cluster.clientOptions(reaching: [node])) { near throws in
                try await poll(until: "node \(node) knows", within: elections(3)) {
                    (try? await near.client.status(of: node).serving) == 0
                }
                let sum = near.object(Counter.self, named: "unreachable")
                let took = await ContinuousClock().measure {
                    await #expect(throws: CallFailure.noQuorum) {
                        try await sum.call(.add(1), policy: .atMostOnce)
                    }
                    await #expect(throws: PullFailure.noQuorum) {
                        try await sum.pull(timeout: .seconds(1))
                    }
                }
                #expect(took < .seconds(1) + elections(2))
            }
        }

        @Test(arguments: Network.Break.allCases)
        func `with the owner in the minority, the others take over`(
            how: Network.Break
        ) async throws {
            try await ServerCluster.run(replicas: 5, links: true, in: directory) {
                cluster, client throws in
                let links = try #require(cluster.links)
                try await cluster.underLoad(client) { writers, owner throws in
                    let friend = try #require(cluster.others(than: owner).first)
                    links.separate([owner, friend], how)
                    try await writers.waitForProgress(within: elections(3))
                    let next = try await cluster.owner(of: Writers.keys, client)
                    #expect(next != owner && next != friend)
                    try await refuses(friend, cluster)
                    links.mend()
                    try await cluster.waitUntilSettled(client)
                }
            }
        }

        @Test(arguments: Network.Break.allCases)
        func `with the owner in the majority, it stays`(how: Network.Break) async throws {
            try await ServerCluster.run(
                replicas: 5, links: true, in: directory, edit: ServerCluster.patient
            ) { cluster, client throws in
                let links = try #require(cluster.links)
                try await cluster.underLoad(client) { writers, owner throws in
                    let lonely = Array(cluster.others(than: owner).prefix(2))
                    links.separate(lonely, how)
                    try await refuses(lonely[0], cluster)
                    try await writers.waitForProgress(within: elections(3))
                    #expect(try await cluster.owner(of: Writers.keys, client) == owner)
                    links.mend()
                    try await cluster.waitUntilSettled(client, for: .seconds(3))
                    #expect(try await cluster.owner(of: Writers.keys, client) == owner)
                }
            }
        }

        /// Each of them in turn, so that one is the owner and the others are not.
        @Test(arguments: Network.Break.allCases)
        func `one from the rest, each come back without a stir`(how: Network.Break) async throws {
            try await ServerCluster.run(
                links: true, in: directory, edit: ServerCluster.patient
            ) { cluster, client throws in
                let links = try #require(cluster.links)
                try await cluster.underLoad(client) { writers, _ throws in
                    for node in cluster.nodes {
                        links.separate([node], how)
                        try await writers.waitForProgress(within: elections(6))
                        let owner = try await cluster.owner(of: Writers.keys, client)
                        #expect(owner != node)
                        links.mend()
                        try await writers.waitForProgress(within: elections(3))
                        try await cluster.waitUntilSettled(client, for: .seconds(3))
                        #expect(try await cluster.owner(of: Writers.keys, client) == owner)
                    }
                }
            }
        }

        /// An application that owns an object by a pull, is cut off, and comes back.
        @Test func `from a client that owns an object, tell it that it does not any more`()
            async throws
        {
            try await ServerCluster.run(links: true, in: directory) { cluster, client throws in
                let links = try #require(cluster.links)
                let sum = client.object(Counter.self, named: "sum")
                try await sum.pull()
                _ = try sum.invoke(.add(1))
                try await sum.push()
                for node in cluster.nodes {
                    for way in LinkDirection.allCases {
                        links.setEntrance(of: node, .silence, way)
                    }
                }
                _ = try sum.invoke(.add(10))
                var direct = try cluster.clientOptions()
                for index in direct.voters.indices {
                    direct.voters[index].port = cluster.port(of: direct.voters[index].node)
                }
                try await cluster.withClient(direct) { other throws in
                    let total = try await other.object(Counter.self, named: "sum").call(.add(100))
                    #expect(total == 101)
                }
                links.mend()
                var failure: PushFailure?
                do throws(PushFailure) {
                    try await sum.push(timeout: .seconds(2))
                } catch {
                    failure = error
                }
                switch failure {
                case .preempted, .stale: break
                default: Issue.record("pushed by an owner of the past: \(failure as Any)")
                }
                #expect(try await sum.call(.value) == 101)
            }
        }
    }
}
