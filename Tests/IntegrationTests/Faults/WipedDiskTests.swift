import ADO
import ADOObjects
import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// Rows 25 and 26 of the fault matrix.
    @Suite struct `whose directory is not what it was` {
        private let directory: TemporaryDirectory
        private let sum = ObjectName(type: Counter.typeName, name: "sum")

        init() throws {
            directory = try TemporaryDirectory()
        }

        /// With the one that forgot, two of three run: that must not be enough.
        private func hasNoVote(
            _ forgetful: UInt64, _ cluster: ServerCluster, _ client: Cluster
        ) async throws {
            let whole = cluster.others(than: forgetful)
            for node in whole {
                try await poll(until: "node \(node) says that \(forgetful) lost its directory") {
                    cluster.log(of: node).contains("node \(forgetful) lost its directory")
                }
            }
            let counter = client.object(Counter.self, named: sum.name)
            try await poll(until: "the two others serve") {
                (try? await counter.call(.add(1))) != nil
            }
            let value = try await counter.call(.value)
            #expect(try await status(cluster).contains("lost"))

            try await cluster.kill([whole[0]])
            await #expect(throws: CallFailure.noQuorum) {
                try await counter.call(.add(1), policy: .atMostOnce)
            }
            try await cluster.restart([whole[0]])
            try await poll(until: "the two others serve again") {
                (try? await counter.call(.value)) == value
            }
        }

        private func status(_ cluster: ServerCluster) async throws -> String {
            let adoctl = try ChildProcess(
                Products.path("adoctl"),
                ["status", "--cluster", ServerCluster.name, "--peers", cluster.peers])
            #expect(try await adoctl.exit() == .status(0))
            return adoctl.standardOutput
        }

        @Test func `but formatted again, has no vote`() async throws {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                let counter = client.object(Counter.self, named: sum.name)
                try await counter.call(.add(1))
                try await cluster.kill([3])
                try FileManager.default.removeItem(atPath: cluster.data(of: 3))
                try Node.format(
                    directory: cluster.data(of: 3), cluster: ServerCluster.name, node: 3)
                try await cluster.restart([3])
                try await hasNoVote(3, cluster, client)
            }
        }

        /// What was acknowledged is on servers 1 and 2.
        ///
        /// Server 1 forgets it, server 2 is dead, and server 3 was away. A client that starts only
        /// now does not know that anybody forgot anything.
        @Test func `but formatted again, tells a new client nothing that is not so`() async throws {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                let counter = client.object(Counter.self, named: sum.name)
                try await counter.call(.add(1))
                try await cluster.kill([3])
                for value in 2...5 { #expect(try await counter.call(.add(1)) == value) }
                try await cluster.kill([1, 2])
                try FileManager.default.removeItem(atPath: cluster.data(of: 1))
                try Node.format(
                    directory: cluster.data(of: 1), cluster: ServerCluster.name, node: 1)
                try await cluster.restart([1, 3])
                try await cluster.withClient { new throws in
                    let counter = new.object(Counter.self, named: sum.name)
                    for _ in 1...2 {
                        await #expect(throws: PullFailure.noQuorum) {
                            try await counter.pull(timeout: .milliseconds(500))
                        }
                    }
                    await #expect(throws: CallFailure.noQuorum) {
                        try await counter.call(.value)
                    }
                }
                try await cluster.restart([2])
                #expect(try await counter.call(.value) == 5)
            }
        }

        @Test func `but an old copy of it, has no vote`() async throws {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                let counter = client.object(Counter.self, named: sum.name)
                try await counter.call(.add(1))
                try await cluster.kill([3])
                let copy = directory.path("copy")
                try FileManager.default.copyItem(atPath: cluster.data(of: 3), toPath: copy)
                try await cluster.restart([3])
                for _ in 1...20 { try await counter.call(.add(1)) }
                try await cluster.waitUntilAgreed(on: sum, client)
                // A server tells the others how far it came once a second, and when it connects.
                try await cluster.kill([3])
                try await cluster.restart([3])
                try await cluster.waitUntilConnected(to: 3, client)
                try await cluster.kill([3])
                try FileManager.default.removeItem(atPath: cluster.data(of: 3))
                try FileManager.default.moveItem(atPath: copy, toPath: cluster.data(of: 3))
                try await cluster.restart([3])
                try await hasNoVote(3, cluster, client)
            }
        }

        @Test func `but gone, does not start`() async throws {
            let cluster = try await ServerCluster.start(in: directory)
            try await cluster.kill([3])
            try FileManager.default.removeItem(atPath: cluster.data(of: 3))
            await #expect(throws: ServerCluster.DidNotStart.self) {
                try await cluster.restart([3])
            }
            #expect(try await cluster.waitForEnd(of: 3) == .status(74))
            try await cluster.stop()
        }
    }
}
