import ADO
import ADOObjects
import FaultTools
import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// Rows 15, 16, 20 and 21 of the fault matrix.
    @Suite struct `on a bad disk` {
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
        }

        /// Nothing is trimmed, so that a disk that is full stays full.
        private static let keepsLogs: @Sendable ([String]) -> [String] = {
            $0 + ["--snapshot-bytes", "0"]
        }

        private func run(
            replicas: Int = 3,
            edit: @escaping @Sendable ([String]) -> [String] = keepsLogs,
            _ body: (ServerCluster, Cluster, ShimmedDisk) async throws -> Void
        ) async throws {
            let disk = try await ShimmedDisk(
                in: directory.path, shim: Shim.library("disk"))
            try await ServerCluster.run(
                replicas: replicas, in: directory, environment: { disk.environment(of: $0) },
                edit: edit
            ) { cluster, client throws in
                try await body(cluster, client, disk)
            }
        }

        @Test func `that is slow, as followers, are not waited for`() async throws {
            try await run(edit: ServerCluster.patient) { cluster, client, disk throws in
                try await cluster.underLoad(client) { writers, owner throws in
                    let follower = try #require(cluster.others(than: owner).first)
                    try disk.set(.slow(.milliseconds(1500)), on: follower)
                    // At one write in that time it would take too long.
                    try await writers.waitForProgress(100, within: .seconds(15))
                    #expect(try await cluster.owner(of: Writers.keys, client) == owner)
                    disk.mend(follower)
                }
            }
        }

        @Test func `that stalls, as owner, hand over`() async throws {
            try await run { cluster, client, disk throws in
                try await cluster.underLoad(client) { writers, owner throws in
                    try disk.set(.slow(.milliseconds(3000)), on: owner)
                    try await writers.waitForProgress(within: elections(4))
                    try await poll(until: "another one owns", within: elections(4)) {
                        try await cluster.owner(of: Writers.keys, client) != owner
                    }
                    disk.mend(owner)
                }
            }
        }

        /// Nothing may be promised or acknowledged after it: the process ends, and says why.
        @Test(arguments: [false, true]) func `whose flush fails, stop at once and say so`(
            asOwner: Bool
        ) async throws {
            try await run { cluster, client, disk throws in
                try await cluster.underLoad(client) { writers, owner throws in
                    let bad = asOwner ? owner : try #require(cluster.others(than: owner).first)
                    try disk.set(.failing(EIO), on: bad)
                    #expect(try await cluster.waitForEnd(of: bad) == .status(74))
                    let words = cluster.log(of: bad)
                    #expect(words.contains("Input/output error"), "\(words)")
                    #expect(words.contains("check the disk"), "\(words)")
                    try await writers.waitForProgress(within: elections(3))
                    disk.mend(bad)
                    try await cluster.restart([bad])
                }
            }
        }

        /// Writes large values until one is refused because the disks are full.
        ///
        /// What was on its way when they filled up is unknown.
        private func fill(_ keys: Handle<KeyValue>) async throws {
            let value = String(repeating: "x", count: 900_000)
            try await poll(until: "a write is refused as the disks are full") {
                do throws(CallFailure) {
                    try await keys.call(.set("large", to: value), policy: .atMostOnce)
                    return false
                } catch {
                    return error == .storageFull
                }
            }
        }

        /// Clients that come now know nobody who serves, and some reach a server that does not own.
        private func readThroughEach(
            of cluster: ServerCluster, _ key: String, _ value: String
        ) async throws {
            for node in cluster.nodes {
                let options = try cluster.clientOptions(reaching: [node])
                try await cluster.withClient(options) { client throws in
                    let keys = client.object(KeyValue.self, named: "large")
                    #expect(try await keys.call(.get(key)) == value, "through node \(node)")
                }
            }
        }

        /// Room for the reserve of 64 MiB, and a little more.
        private let room = ShimmedDisk.Condition.room(72 << 20)

        /// All but the first case fill them in turn, so that service changes hands meanwhile.
        @Test(arguments: [[0, 0, 0], [8, 0, 4], [0, 4, 8], [4, 8, 0]] as [[Int]])
        func `that is full, all of them, refuse writes, answer reads, and go on`(
            more: [Int]
        ) async throws {
            let disk = try await ShimmedDisk(
                in: directory.path, shim: Shim.library("disk"))
            for (node, more) in zip(1...3 as ClosedRange<UInt64>, more) {
                try disk.set(.room((72 + more) << 20), on: node)
            }
            try await ServerCluster.run(
                in: directory, environment: { disk.environment(of: $0) }, edit: Self.keepsLogs
            ) { cluster, client throws in
                let keys = client.object(KeyValue.self, named: "large")
                try await keys.call(.set("small", to: "before"))
                try await fill(keys)
                #expect(try await keys.call(.get("small")) == "before")
                try await readThroughEach(of: cluster, "small", "before")
                for node in cluster.nodes { disk.mend(node) }
                try await poll(until: "a write is taken again") {
                    (try? await keys.call(.set("small", to: "after"))) != nil
                }
                #expect(try await keys.call(.get("small")) == "after")
                let name = ObjectName(type: KeyValue.typeName, name: "large")
                try await cluster.waitUntilAgreed(on: name, client)
            }
        }

        /// The log is all that takes space: it is trimmed, again and again, before its 64 MiB.
        @Test func `that is full, all of them, make room by themselves`() async throws {
            let disk = try await ShimmedDisk(
                in: directory.path, shim: Shim.library("disk"))
            for node in 1...3 as ClosedRange<UInt64> { try disk.set(.room(96 << 20), on: node) }
            try await ServerCluster.run(
                in: directory, environment: { disk.environment(of: $0) }
            ) { cluster, client throws in
                let keys = client.object(KeyValue.self, named: "large")
                for number in 0..<100 {
                    let value = String(repeating: "\(number % 10)", count: 900_000)
                    try await poll(until: "write \(number) is taken") {
                        do throws(CallFailure) {
                            try await keys.call(
                                .set("large", to: value),
                                policy: .exactlyOnce(deadline: .seconds(20)))
                            return true
                        } catch {
                            guard error == .storageFull else { throw error }
                            return false
                        }
                    }
                }
                #expect(try await keys.call(.get("large"))?.first == "9")
                for node in cluster.nodes {
                    let words = "a snapshot is taken to trim its log"
                    #expect(cluster.log(of: node).ranges(of: words).count > 1)
                }
                let name = ObjectName(type: KeyValue.typeName, name: "large")
                try await cluster.waitUntilAgreed(on: name, client)
            }
        }

        /// What came of it must not keep the disk full, or there would never be room for anything.
        @Test func `without room for a snapshot of others keep nothing of it`() async throws {
            let often: @Sendable ([String]) -> [String] = {
                $0 + ["--snapshot-bytes", "1048576"]
            }
            try await run(edit: often) { cluster, client, disk throws in
                try await cluster.waitUntilSettled(client)
                try await cluster.kill([3])
                let large = client.object(KeyValue.self, named: "large")
                for number in 0..<80 {
                    let value = String(repeating: "\(number % 10)", count: 900_000)
                    try await large.call(
                        .set("\(number)", to: value),
                        policy: .exactlyOnce(deadline: .seconds(30)))
                }
                let name = ObjectName(type: KeyValue.typeName, name: "large")
                for node in [1, 2] as [UInt64] {
                    try await poll(until: "node \(node) has trimmed its log") {
                        try await client.patientStatus(of: name, on: node)?.trimmed ?? 0 > 0
                    }
                }
                // What they have in memory only they would send entry by entry.
                try await cluster.kill([1, 2])
                try disk.set(.room(72 << 20), on: 3)
                try await cluster.restart(cluster.nodes)
                try await poll(until: "node 3 has no room for the snapshot") {
                    // Whoever serves hears of the object, and has the others hear of it.
                    _ = try? await large.call(.remove("nothing"), policy: .atMostOnce)
                    return cluster.log(of: 3).contains("there is no room for the snapshot")
                }
                try await poll(until: "node 3 has room for other things") {
                    try await !client.patientStatus(of: 3).disk.isFull
                }
                disk.mend(3)
                try await poll(until: "node 3 got the snapshot") {
                    cluster.log(of: 3).contains("got the snapshot")
                }
                // An entry of a server, which tells the others what is committed before it.
                try await large.call(
                    .remove("nothing"), policy: .exactlyOnce(deadline: .seconds(30)))
                try await cluster.waitUntilAgreed(on: name, client)
            }
        }

        @Test(arguments: [false, true]) func `that is full, one of them, does without it`(
            asOwner: Bool
        ) async throws {
            try await run { cluster, client, disk throws in
                try await cluster.underLoad(client) { writers, owner throws in
                    let full = asOwner ? owner : try #require(cluster.others(than: owner).first)
                    try await cluster.kill([full])
                    try disk.set(room, on: full)
                    try await cluster.restart([full])
                    let large = client.object(KeyValue.self, named: "large")
                    let value = String(repeating: "x", count: 900_000)
                    try await poll(until: "the disk of node \(full) is full") {
                        try await large.call(.set("large", to: value))
                        return (try? await client.client.status(of: full))?.disk.isFull ?? false
                    }
                    try await writers.waitForProgress(within: elections(4))
                    disk.mend(full)
                    try await poll(until: "it has space again") {
                        (try? await client.client.status(of: full))?.disk.isFull == false
                    }
                }
            }
        }
    }
}
