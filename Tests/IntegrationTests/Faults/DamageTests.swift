import ADO
import ADOObjects
import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// Rows 22, 23 and 24 of the fault matrix.
    @Suite struct `whose stored records are damaged` {
        private let directory: TemporaryDirectory
        private let sum = ObjectName(type: Counter.typeName, name: "sum")

        init() throws {
            directory = try TemporaryDirectory()
        }

        /// One batch for each addition; afterwards the sum is `count`.
        private func add(
            _ count: Int, _ client: Cluster, to name: String? = nil
        ) async throws {
            let counter = client.object(Counter.self, named: name ?? sum.name)
            for value in 1...count { #expect(try await counter.call(.add(1)) == value) }
        }

        private func group(
            _ cluster: ServerCluster, _ client: Cluster, of name: String? = nil
        ) async throws -> UInt64 {
            let object = ObjectName(type: Counter.typeName, name: name ?? sum.name)
            return try await poll(for: "the group of \(object)") {
                try? await client.client.status(of: object, on: 1)?.group
            }
        }

        private func waitUntilVoting(
            _ node: UInt64, _ cluster: ServerCluster, _ client: Cluster
        ) async throws {
            try await poll(until: "node \(node) votes", within: .seconds(40)) {
                let status = try? await client.client.status(of: sum, on: node)
                return status.map { !$0.isLost && !$0.isDamaged } ?? false
            }
        }

        /// Only if it votes do these two commit anything.
        private func votes(
            _ node: UInt64, with other: UInt64, _ cluster: ServerCluster, _ client: Cluster,
            after value: Int
        ) async throws {
            let rest = cluster.others(than: node, other)
            try await cluster.kill(rest)
            let counter = client.object(Counter.self, named: sum.name)
            #expect(try await counter.call(.add(1)) == value + 1)
            try await cluster.restart(rest)
            #expect(try await counter.call(.add(1)) == value + 2)
            try await cluster.waitUntilAgreed(on: sum, client)
        }

        private func verify(_ data: String) async throws -> ChildProcess.Exit {
            try await ChildProcess(Products.path("adod"), ["verify", "--data", data]).exit()
        }

        @Test(arguments: [false, true])
        func `in one batch of one of them, repair it and vote again`(isLast: Bool) async throws {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                try await add(12, client)
                try await cluster.waitUntilAgreed(on: sum, client)
                let group = try await group(cluster, client)
                try await cluster.kill([3])
                let batches = try StoredBatches(of: group, in: cluster.data(of: 3))
                let place = isLast ? batches.indices.count - 1 : batches.indices.count / 2
                let index = batches.indices[place]
                try batches.damage(index)
                #expect(try await verify(cluster.data(of: 3)) == .status(74))
                try await cluster.restart([3])
                try await poll(until: "it is named and repaired", within: .seconds(40)) {
                    let log = cluster.log(of: 3)
                    return log.contains("the batch at index \(index), ballot")
                        && log.contains("ends at index \(index) is stored again")
                        && log.contains("is whole again: this node votes for it")
                }
                try await waitUntilVoting(3, cluster, client)
                // Whoever owns the object then tells the others what is committed.
                let counter = client.object(Counter.self, named: sum.name)
                #expect(try await counter.call(.add(1)) == 13)
                try await cluster.waitUntilAgreed(on: sum, client)
                let disk = try await client.patientStatus(of: 3).disk
                #expect(disk.damage.found >= 1 && disk.damage.waiting == 0)
                #expect(disk.damage.repaired >= 1)
                try await votes(3, with: 2, cluster, client, after: 13)
                try await cluster.kill([3])
                #expect(try await verify(cluster.data(of: 3)) == .status(0))
                try await cluster.restart([3])
            }
        }

        @Test func `while they run, find it and repair it before it is needed`() async throws {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                try await add(12, client)
                try await cluster.waitUntilAgreed(on: sum, client)
                let group = try await group(cluster, client)
                let batches = try StoredBatches(of: group, in: cluster.data(of: 2))
                let index = batches.indices[3]
                try batches.damage(index)
                try await poll(until: "the scrub finds it", within: .seconds(60)) {
                    cluster.log(of: 2).contains("ends at index \(index) is stored again")
                }
                try await waitUntilVoting(2, cluster, client)
                try await votes(2, with: 1, cluster, client, after: 12)
                try await cluster.kill([2])
                #expect(try await verify(cluster.data(of: 2)) == .status(0))
                try await cluster.restart([2])
            }
        }

        @Test func `in other batches on each of them, repair each other`() async throws {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                try await add(12, client)
                try await cluster.waitUntilAgreed(on: sum, client)
                let group = try await group(cluster, client)
                try await cluster.kill(cluster.nodes)
                var damaged: [UInt64: UInt64] = [:]
                for node in cluster.nodes {
                    let batches = try StoredBatches(of: group, in: cluster.data(of: node))
                    let index = batches.indices[Int(node) * 2]
                    try batches.damage(index)
                    damaged[node] = index
                }
                try await cluster.restart(cluster.nodes)
                let counter = client.object(Counter.self, named: sum.name)
                try await poll(until: "the object is served again", within: .seconds(60)) {
                    (try? await counter.call(.value)) == 12
                }
                #expect(try await counter.call(.add(1)) == 13)
                for (node, index) in damaged {
                    try await poll(until: "node \(node) repairs its batch", within: .seconds(40)) {
                        cluster.log(of: node).contains("ends at index \(index) is stored again")
                    }
                    try await waitUntilVoting(node, cluster, client)
                }
                try await cluster.waitUntilAgreed(on: sum, client)
            }
        }

        @Test func `in the same batch on all of them, stand still for that object`() async throws {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                try await add(8, client)
                try await add(4, client, to: "other")
                try await cluster.waitUntilAgreed(on: sum, client)
                let group = try await group(cluster, client)
                try await cluster.kill(cluster.nodes)
                let copy = directory.path("copy")
                try FileManager.default.copyItem(atPath: cluster.data(of: 2), toPath: copy)
                var index: UInt64 = 0
                for node in cluster.nodes {
                    let batches = try StoredBatches(of: group, in: cluster.data(of: node))
                    index = batches.indices[3]
                    try batches.damage(index)
                }
                try await cluster.restart(cluster.nodes)
                try await standsStill(at: index, cluster, client)
                try await goesOn(after: index, from: copy, cluster, client)
            }
        }

        private func standsStill(
            at index: UInt64, _ cluster: ServerCluster, _ client: Cluster
        ) async throws {
            for node in cluster.nodes {
                try await poll(until: "node \(node) says who has it", within: .seconds(40)) {
                    cluster.log(of: node).contains(
                        "no server that answers has the batch that ends at index \(index)")
                }
            }
            let counter = client.object(Counter.self, named: sum.name)
            await #expect(throws: CallFailure.self) {
                try await counter.call(.add(1), policy: .atMostOnce)
            }
            let other = client.object(Counter.self, named: "other")
            #expect(try await other.call(.add(1)) == 5)
            let adoctl = try ChildProcess(
                Products.path("adoctl"),
                ["status", "--cluster", ServerCluster.name, "--peers", cluster.peers])
            #expect(try await adoctl.exit() == .status(0))
            let places = cluster.nodes.map { "\($0)@\(index)" }.joined(separator: " ")
            #expect(adoctl.standardOutput.contains("damaged \(places)"))
        }

        /// An operator repairs one of them from a copy, and that one repairs the others.
        private func goesOn(
            after index: UInt64, from copy: String, _ cluster: ServerCluster, _ client: Cluster
        ) async throws {
            try await cluster.kill([1])
            let repair = try ChildProcess(
                Products.path("adod"),
                ["repair", "--data", cluster.data(of: 1), "--from", copy])
            #expect(try await repair.exit() == .status(0))
            #expect(repair.standardOutput.contains("1 repaired, 0 still damaged"))
            try await cluster.restart([1])
            for node in cluster.nodes { try await waitUntilVoting(node, cluster, client) }
            let counter = client.object(Counter.self, named: sum.name)
            let value = try await counter.call(.value)
            // The call that failed may have been done: nobody said that it was not.
            #expect(value == 8 || value == 9)
            #expect(try await counter.call(.add(1)) == value + 1)
            try await cluster.waitUntilAgreed(on: sum, client)
        }

        @Test func `in what one of them promised, leave it without a vote`() async throws {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                try await add(6, client)
                try await cluster.waitUntilAgreed(on: sum, client)
                let group = try await group(cluster, client)
                try await cluster.kill([3])
                try StoredBatches.damageHardStates(of: group, in: cluster.data(of: 3))
                try await cluster.restart([3])
                let counter = client.object(Counter.self, named: sum.name)
                try await poll(until: "the two others serve") {
                    (try? await counter.call(.add(1), policy: .atMostOnce)) != nil
                }
                #expect(cluster.log(of: 3).contains("its hard state is damaged in both copies"))
                try await cluster.kill([1])
                // The one that is left is no quorum with it.
                for _ in 1...2 {
                    await #expect(throws: CallFailure.self) {
                        try await counter.call(.add(1), policy: .atMostOnce)
                    }
                }
                try await cluster.restart([1])
                try await poll(until: "they go on") { (try? await counter.call(.value)) != nil }
            }
        }
    }
}
