import ADO
import ADOObjects
import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// Damage where a snapshot stands for the beginning of a log.
    @Suite struct `whose snapshots are damaged` {
        private let directory: TemporaryDirectory
        private let keys = Writers.keys

        init() throws {
            directory = try TemporaryDirectory()
        }

        /// Servers whose logs are trimmed, with nothing under way any more.
        private func startTrimmed() async throws -> (ServerCluster, Writers.Ledger) {
            let cluster = try await ServerCluster.start(
                in: directory, edit: { $0 + ["--snapshot-bytes", "16384"] })
            let ledger = try await cluster.withClient { client throws in
                let ledger = try await Writers.run(on: client) { _ throws in
                    for node in cluster.nodes {
                        try await poll(until: "node \(node) has trimmed") {
                            let status = try? await client.client.status(of: keys, on: node)
                            return status?.trimmed ?? 0 > 0
                        }
                    }
                }
                try await cluster.waitUntilAgreed(on: keys, client)
                return ledger
            }
            return (cluster, ledger)
        }

        private func damage(_ node: UInt64, _ cluster: ServerCluster) async throws -> UInt64 {
            let found = try await cluster.withClient { client throws in
                try await poll(for: "node \(node) answers") {
                    try? await client.client.status(of: keys, on: node)
                }
            }
            try StoredBatches.damageSnapshot(
                of: keys, found.group, at: found.snapshot, in: cluster.data(of: node))
            return found.snapshot
        }

        private func expectEverything(
            in ledger: Writers.Ledger, _ cluster: ServerCluster
        ) async throws {
            try await cluster.withClient { client throws in
                let keyValue = client.object(KeyValue.self, named: keys.name)
                try await keyValue.call(
                    .remove("nothing"), policy: .exactlyOnce(deadline: .seconds(20)))
                try await cluster.waitUntilAgreed(on: keys, client)
                let owned = try await keyValue.pull()
                #expect(ledger.acknowledged.allSatisfy { owned[$0.key] == $0.value })
            }
        }

        @Test func `replace it while they go on`() async throws {
            let (cluster, ledger) = try await startTrimmed()
            let index = try await damage(2, cluster)
            try await poll(until: "node 2 has another", within: .seconds(40)) {
                cluster.log(of: 2).contains("took the place of the damaged one")
            }
            #expect(cluster.log(of: 2).contains("the snapshot at index \(index)"))
            try await cluster.kill([2])
            let verify = try ChildProcess(
                Products.path("adod"), ["verify", "--data", cluster.data(of: 2)])
            #expect(try await verify.exit() == .status(0))
            try await cluster.restart([2])
            try await expectEverything(in: ledger, cluster)
            try await cluster.stop()
        }

        @Test func `begin with that of another, since the log does not reach back`() async throws {
            let (cluster, ledger) = try await startTrimmed()
            let index = try await damage(3, cluster)
            try await cluster.kill([3])
            let verify = try ChildProcess(
                Products.path("adod"), ["verify", "--data", cluster.data(of: 3)])
            #expect(try await verify.exit() != .status(0))
            #expect(verify.standardOutput.contains("the snapshot at index \(index)"))
            try await cluster.restart([3])
            try await poll(until: "node 3 got a snapshot") {
                cluster.log(of: 3).contains("got the snapshot")
            }
            try await expectEverything(in: ledger, cluster)
            try await cluster.stop()
        }

        @Test func `take it from a copy, all of them at once`() async throws {
            let (cluster, ledger) = try await startTrimmed()
            let copies = cluster.nodes.map { directory.path("copy-\($0)") }
            try await cluster.withClient { try await cluster.waitUntilAgreed(on: keys, $0) }
            var indices: [UInt64] = []
            for node in cluster.nodes {
                let status = try await cluster.withClient { client throws in
                    try await client.patientStatus(of: keys, on: node)
                }
                indices.append(try #require(status).snapshot)
            }
            let group = try await cluster.withClient { client throws in
                try await client.patientStatus(of: keys, on: 1)?.group
            }
            try await cluster.kill(cluster.nodes)
            for (node, copy) in zip(cluster.nodes, copies) {
                let data = cluster.data(of: node)
                try FileManager.default.copyItem(atPath: data, toPath: copy)
                try StoredBatches.damageSnapshot(
                    of: keys, try #require(group), at: indices[Int(node) - 1], in: data)
                let repair = try ChildProcess(
                    Products.path("adod"), ["repair", "--data", data, "--from", copy])
                #expect(try await repair.exit() == .status(0))
                #expect(repair.standardOutput.contains("1 repaired, 0 still damaged"))
            }
            try await cluster.restart(cluster.nodes)
            try await expectEverything(in: ledger, cluster)
            try await cluster.stop()
        }

        @Test func `and a batch that the others have trimmed are made good`() async throws {
            let (cluster, _) = try await startTrimmed()
            try await cluster.kill([3])
            let ledger = try await cluster.withClient { client throws in
                let tip = try await client.patientStatus(of: keys, on: 1)?.tip ?? 0
                return try await Writers.run(on: client) { _ throws in
                    for node in [1, 2] as [UInt64] {
                        try await poll(until: "node \(node) has trimmed beyond \(tip)") {
                            let status = try? await client.client.status(of: keys, on: node)
                            return status?.trimmed ?? 0 > tip
                        }
                    }
                }
            }
            let group = try await cluster.withClient { client throws in
                try await client.patientStatus(of: keys, on: 1)?.group
            }
            let batches = try StoredBatches(of: try #require(group), in: cluster.data(of: 3))
            try batches.damage(try #require(batches.indices.last))
            try await cluster.restart([3])
            try await expectEverything(in: ledger, cluster)
            try await cluster.withClient { client throws in
                try await poll(until: "node 3 votes", within: .seconds(40)) {
                    let status = try? await client.client.status(of: keys, on: 3)
                    return status.map { !$0.isLost && !$0.isDamaged } ?? false
                }
            }
            try await cluster.stop()
        }

        /// Node 3 keeps its whole log, so that what it has of a batch can be all that there is.
        @Test func `and a batch that the others have trimmed of a log that rests`() async throws {
            let cluster = try await ServerCluster.start(
                in: directory,
                edit: { arguments in
                    let node = arguments.firstIndex(of: "--node").map { arguments[$0 + 1] }
                    return arguments + ["--snapshot-bytes", node == "3" ? "0" : "16384"]
                })
            let (ledger, group) = try await cluster.withClient { client throws in
                let ledger = try await Writers.run(on: client) { _ throws in
                    for node in [1, 2] as [UInt64] {
                        try await poll(until: "node \(node) has trimmed") {
                            let status = try? await client.client.status(of: keys, on: node)
                            return status?.trimmed ?? 0 > 0
                        }
                    }
                }
                // What it has in memory would be written again.
                try await cluster.kill([3])
                try await cluster.restart([3])
                try await cluster.waitUntilAgreed(on: keys, client)
                let status = try await client.patientStatus(of: keys, on: 3)
                return (ledger, try #require(status).group)
            }
            let batches = try StoredBatches(of: group, in: cluster.data(of: 3))
            try batches.damage(try #require(batches.indices.first))
            try await poll(until: "node 3 is whole again", within: .seconds(60)) {
                cluster.log(of: 3).contains("is whole again")
            }
            try await expectEverything(in: ledger, cluster)
            try await cluster.stop()
        }
    }
}
