import ADO
import ADOObjects
import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// A server that lost its directory gets a new one, and an operator approves of it.
    @Suite struct `whose directory was lost` {
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
        }

        @Test func `vote again once they are admitted, and lose nothing meanwhile`() async throws {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                try await cluster.underLoad(client) { writers, _ throws in
                    try await wipe(3, cluster)
                    let admitted = try await admit(3, cluster)
                    #expect(admitted.exit == .status(0), "\(admitted.text)")
                    #expect(admitted.text.contains("node 3 votes for"))
                    try await cluster.kill([2])
                    try await writers.waitForProgress()
                    let new = client.object(Counter.self, named: "new")
                    #expect(try await new.call(.add(1)) == 1, "objects begin with its vote, too")
                    try await cluster.restart([2])

                    try await wipe(3, cluster)
                    let again = try await admit(3, cluster)
                    #expect(again.exit == .status(0), "\(again.text)")
                    try await cluster.kill([1])
                    try await writers.waitForProgress()
                    #expect(try await new.call(.add(1)) == 2)
                    try await cluster.restart([1])
                }
            }
        }

        @Test func `may all be replaced, one after the other`() async throws {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                try await cluster.underLoad(client) { writers, _ throws in
                    for node in cluster.nodes {
                        try await wipe(node, cluster)
                        let admitted = try await admit(node, cluster)
                        #expect(admitted.exit == .status(0), "\(admitted.text)")
                        try await writers.waitForProgress()
                    }
                    try await cluster.kill([2])
                    try await writers.waitForProgress()
                    let new = client.object(Counter.self, named: "new")
                    #expect(try await new.call(.add(1)) == 1)
                    try await cluster.restart([2])
                }
                for node in cluster.nodes {
                    let vote = try await client.patientStatus(of: node).vote
                    #expect(vote.standing == .anew && vote.generation == 1)
                }
            }
        }

        @Test func `wait for more than half of the others, and say so`() async throws {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                let sum = client.object(Counter.self, named: "sum")
                #expect(try await sum.call(.add(1)) == 1)
                try await cluster.kill([2])
                try await wipe(3, cluster)
                let admitted = try await admit(3, cluster, "--timeout-ms", "1500")
                #expect(admitted.exit == .status(1))
                #expect(
                    admitted.text.contains("1 of 2 other servers approve"),
                    "\(cluster.log(of: 1)) \(cluster.log(of: 3))")
                #expect(admitted.text.contains("start those that are down"))
                let table = try await run(["status"], cluster).text
                #expect(table.contains("none, approved by 1"))

                try await cluster.restart([2])
                try await poll(until: "node 3 votes for everything without being asked again") {
                    guard let status = try? await client.client.status(of: 3) else { return false }
                    return status.vote.standing == .anew && status.vote.objectsWithout == 0
                }
                try await cluster.kill([1])
                #expect(try await sum.call(.add(1)) == 2)
                try await cluster.restart([1])
            }
        }

        @Test func `keep a copy of the old one out`() async throws {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                let sum = client.object(Counter.self, named: "sum")
                #expect(try await sum.call(.add(1)) == 1)
                try await cluster.kill([3])
                let copy = directory.path("copy")
                try FileManager.default.copyItem(atPath: cluster.data(of: 3), toPath: copy)
                try await wipe(3, cluster)
                #expect(try await admit(3, cluster).exit == .status(0))

                try await cluster.kill([3])
                let new = directory.path("new")
                try FileManager.default.moveItem(atPath: cluster.data(of: 3), toPath: new)
                try FileManager.default.moveItem(atPath: copy, toPath: cluster.data(of: 3))
                try await cluster.restart([3])
                try await poll(until: "node 3 says that it has no vote") {
                    (try? await client.client.status(of: 3).vote.standing) == .lost
                }
                try await cluster.kill([3])

                try FileManager.default.removeItem(atPath: cluster.data(of: 3))
                try FileManager.default.moveItem(atPath: new, toPath: cluster.data(of: 3))
                try await cluster.restart([3])
                try await poll(until: "the new one votes as before") {
                    (try? await client.client.status(of: 3).vote.standing) == .anew
                }
            }
        }

        @Test func `are named by a snapshot where their log was trimmed`() async throws {
            let cluster = try await ServerCluster.start(
                in: directory, edit: { $0 + ["--snapshot-bytes", "4096"] })
            try await cluster.withClient { client throws in
                let ledger = try await Writers.run(on: client) { writers throws in
                    try await writers.waitForProgress(200)
                    try await wipe(3, cluster)
                    let admitted = try await admit(3, cluster)
                    #expect(admitted.exit == .status(0), "\(admitted.text)")
                    try await cluster.kill([2])
                    try await writers.waitForProgress(200)
                    try await cluster.restart([2])
                }
                #expect(!ledger.acknowledged.isEmpty)
                try await cluster.waitUntilAgreed(on: Writers.keys, client)
                let keys = client.object(KeyValue.self, named: Writers.keys.name)
                for (key, value) in ledger.acknowledged {
                    #expect(try await keys.call(.get(key)) == value)
                }
            }
            try await cluster.stop()
        }

        @Test func `are no others than those that the peers name`() async throws {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                let unknown = try await admit(9, cluster)
                #expect(unknown.exit == .status(64))
                #expect(unknown.text.contains("not among the peers"))
                let healthy = try await admit(3, cluster)
                #expect(healthy.exit == .status(0), "who votes already is left alone")
                #expect(try await client.patientStatus(of: 3).vote.generation == 0)
            }
        }

        // MARK: What an operator does

        private func wipe(_ node: UInt64, _ cluster: ServerCluster) async throws {
            try await cluster.kill([node])
            try FileManager.default.removeItem(atPath: cluster.data(of: node))
            try Node.format(
                directory: cluster.data(of: node), cluster: ServerCluster.name, node: node)
            try await cluster.restart([node])
        }

        private func admit(
            _ node: UInt64, _ cluster: ServerCluster, _ more: String...
        ) async throws -> (exit: ChildProcess.Exit, text: String) {
            try await run(["admit", "\(node)"] + more, cluster)
        }

        private func run(
            _ command: [String], _ cluster: ServerCluster
        ) async throws -> (exit: ChildProcess.Exit, text: String) {
            let adoctl = try ChildProcess(
                Products.path("adoctl"),
                command + ["--cluster", ServerCluster.name, "--peers", cluster.peers])
            let exit = try await adoctl.exit()
            return (exit, adoctl.standardOutput + adoctl.standardError)
        }
    }
}
