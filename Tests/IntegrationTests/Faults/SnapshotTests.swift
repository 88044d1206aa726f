import ADO
import ADOObjects
import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    @Suite struct `that trim their logs` {
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
        }

        /// Small enough that the writers of a test make several snapshots.
        private static let often = ["--snapshot-bytes", "16384"]

        private func start(_ failpoint: Failpoints = Failpoints()) async throws -> ServerCluster {
            try await ServerCluster.start(
                in: directory, environment: failpoint.environment, edit: { $0 + Self.often })
        }

        /// Waits until the servers have trimmed the log of the keys beyond an index.
        private func waitUntilTrimmed(
            beyond index: UInt64 = 0, at nodes: [UInt64], _ cluster: ServerCluster,
            _ client: Cluster
        ) async throws {
            for node in nodes {
                try await poll(until: "node \(node) has trimmed beyond \(index)") {
                    let status = try? await client.client.status(of: Writers.keys, on: node)
                    return status?.trimmed ?? 0 > index
                }
            }
        }

        /// A client that starts now sees every write that was acknowledged, and all replicas agree.
        private func expectEverything(
            in ledger: Writers.Ledger, _ cluster: ServerCluster
        ) async throws {
            try await cluster.withClient { client throws in
                let keys = client.object(KeyValue.self, named: Writers.keys.name)
                // An entry of a server, which tells the others what is committed before it.
                try await keys.call(.remove("nothing"))
                let sum = client.object(Counter.self, named: Writers.sum.name)
                try await sum.call(.add(0))
                try await cluster.waitUntilAgreed(on: Writers.keys, client)
                try await cluster.waitUntilAgreed(on: Writers.sum, client)
                let owned = try await keys.pull()
                let missing = ledger.acknowledged.filter { owned[$0.key] != $0.value }
                #expect(missing.isEmpty, "\(missing.count) of \(ledger.acknowledged.count)")
                #expect(owned.count <= ledger.acknowledged.count + ledger.unknownKeys.count)
                if ledger.unknownAdditions.isEmpty {
                    #expect(try await sum.call(.value) == ledger.added)
                }
            }
        }

        @Test func `restart from a snapshot, all at once`() async throws {
            let cluster = try await start()
            let ledger = try await cluster.withClient { client throws in
                try await Writers.run(on: client) { writers throws in
                    try await waitUntilTrimmed(at: cluster.nodes, cluster, client)
                    try await writers.waitForProgress()
                }
            }
            try await cluster.kill(cluster.nodes)
            try await cluster.restart(cluster.nodes)
            try await expectEverything(in: ledger, cluster)
            try await cluster.stop()
        }

        @Test func `tell a reader where a log begins, and all from there on`() async throws {
            let cluster = try await start()
            try await cluster.withClient { client throws in
                _ = try await Writers.run(on: client) { writers throws in
                    try await waitUntilTrimmed(at: cluster.nodes, cluster, client)
                    try await writers.waitForProgress()
                }
                let keys = client.object(KeyValue.self, named: Writers.keys.name)
                let last = KeyValue.Method.set("end", to: "now")
                try await keys.call(.set("end", to: "now"))
                let starts = try await Self.starts(of: keys, until: last)
                #expect(!starts.isEmpty)
            }
            try await cluster.stop()
        }

        /// From where on a reader is told to go on, until it comes to a change, gap-free but there.
        private static func starts(
            of keys: Handle<KeyValue>, until last: KeyValue.Method
        ) async throws -> [UInt64] {
            var starts: [UInt64] = []
            var next: UInt64 = 1
            for try await element in keys.changes(from: 1) {
                switch element {
                case .lagged(let first):
                    #expect(first > next)
                    starts.append(first)
                    next = first
                case .change(let change):
                    try #require(change.index == next)
                    if change.method == last { return starts }
                    next += 1
                }
            }
            return starts
        }

        @Test func `bring a follower back that is behind the start of every log`() async throws {
            let cluster = try await start()
            let ledger = try await cluster.withClient { client throws in
                try await cluster.waitUntilSettled(client)
                return try await Writers.run(on: client) { writers throws in
                    try await writers.waitForProgress()
                    let late = try await lateFollower(cluster, client)
                    try await cluster.restart([late])
                    try await poll(until: "node \(late) got a snapshot") {
                        cluster.log(of: late).contains("got the snapshot")
                    }
                    try await writers.waitForProgress()
                    // Its vote counts: without the other follower it is needed.
                    let owner = try await cluster.owner(of: Writers.keys, client)
                    let other = try #require(cluster.nodes.first { $0 != owner && $0 != late })
                    try await cluster.kill([other])
                    try await writers.waitForProgress()
                    try await cluster.restart([other])
                }
            }
            try await expectEverything(in: ledger, cluster)
            try await cluster.stop()
        }

        /// The others have restarted too, so that no entry is left in anybody's memory.
        @Test func `bring a follower back that has never heard of an object`() async throws {
            let cluster = try await start()
            let ledger = try await cluster.withClient { client throws in
                try await cluster.waitUntilSettled(client)
                try await cluster.kill([3])
                let ledger = try await Writers.run(on: client) { writers throws in
                    try await waitUntilTrimmed(beyond: 1000, at: [1, 2], cluster, client)
                    try await writers.waitForProgress()
                }
                try await cluster.kill([1, 2])
                try await cluster.restart(cluster.nodes)
                let keys = client.object(KeyValue.self, named: Writers.keys.name)
                try await keys.call(.remove("nothing"))
                try await poll(until: "node 3 got a snapshot") {
                    cluster.log(of: 3).contains("got the snapshot")
                }
                return ledger
            }
            try await expectEverything(in: ledger, cluster)
            try await cluster.stop()
        }

        /// Kills a follower, and waits until the others have trimmed what it does not have.
        private func lateFollower(
            _ cluster: ServerCluster, _ client: Cluster
        ) async throws -> UInt64 {
            let owner = try await cluster.owner(of: Writers.keys, client)
            let late = try #require(cluster.nodes.first { $0 != owner })
            let tip = try await client.patientStatus(of: Writers.keys, on: late)?.tip ?? 0
            try await cluster.kill([late])
            let others = cluster.nodes.filter { $0 != late }
            try await waitUntilTrimmed(beyond: tip + 1000, at: others, cluster, client)
            return late
        }

        @Test(arguments: [
            "snapshot-encoded", "snapshot-chunk-stored", "snapshot-complete", "log-trimmed",
            "log-swept",
        ])
        func `go on after a crash while they make one`(_ place: String) async throws {
            let failpoint = Failpoints()
            failpoint.arm(place, at: 2)
            let cluster = try await start(failpoint)
            let ledger = try await cluster.withClient { client throws in
                try await Writers.run(on: client) { writers throws in
                    let exit = try await cluster.waitForEnd(of: 2)
                    #expect(exit == .signal(SIGKILL))
                    failpoint.disarm()
                    try await cluster.restart([2])
                    try await waitUntilTrimmed(at: cluster.nodes, cluster, client)
                    try await writers.waitForProgress()
                }
            }
            try await expectEverything(in: ledger, cluster)
            try await cluster.stop()
        }

        @Test(arguments: [
            "transfer-chunk-stored", "transfer-complete", "log-trimmed", "log-swept",
            "snapshot-restored",
        ])
        func `go on after a crash while they get one`(_ place: String) async throws {
            let failpoint = Failpoints()
            let cluster = try await start(failpoint)
            let ledger = try await cluster.withClient { client throws in
                try await cluster.waitUntilSettled(client)
                return try await Writers.run(on: client) { writers throws in
                    try await writers.waitForProgress()
                    let late = try await lateFollower(cluster, client)
                    failpoint.arm(place, at: late)
                    try? await cluster.restart([late])
                    let exit = try await cluster.waitForEnd(of: late)
                    #expect(exit == .signal(SIGKILL))
                    failpoint.disarm()
                    try await cluster.restart([late])
                    try await writers.waitForProgress()
                }
            }
            try await expectEverything(in: ledger, cluster)
            try await cluster.stop()
        }
    }
}
