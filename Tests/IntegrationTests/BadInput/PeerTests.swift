import ADO
import ADOObjects
import Foundation
import MultiPaxos
import Synchronization
import TestSupport
import Testing

extension `Real servers` {
    /// Peers that are not there, or are not who they say they are; and values that do not fit.
    @Suite struct `among wrong peers` {
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
        }

        @Test func `start without their peers, say so, and wait`() async throws {
            let cluster = try await ServerCluster.start(in: directory)
            try await cluster.stop()
            let before = cluster.log(of: 1)
            try await cluster.restart([1])
            try await poll(until: "node 1 says whom it cannot reach") {
                let lines = cluster.log(of: 1).dropFirst(before.count).split(separator: "\n")
                return lines.contains { $0.contains("node 2") && $0.contains("127.0.0.1") }
            }
            try await cluster.restart([2, 3])
            try await cluster.withClient { client throws in
                let counter = client.object(Counter.self, named: "sum")
                #expect(try await counter.call(.add(1)) == 1)
            }
            try await cluster.stop()
        }

        /// Of two servers the one with the lower id dials: nobody looks for a second 3.
        @Test(arguments: [1, 3] as [UInt64])
        func `keep out a second server with the id of a first, which stops`(
            id: UInt64
        ) async throws {
            let cluster = try await ServerCluster.start(in: directory)
            let data = directory.path("impostor")
            try Node.format(directory: data, cluster: ServerCluster.name, node: id)
            let port = try Loopback.freePorts(1)[0]
            let peers = cluster.peers.replacing(
                "\(id)=127.0.0.1:\(cluster.port(of: id))", with: "\(id)=127.0.0.1:\(port)")
            let arguments = [
                "--cluster", ServerCluster.name, "--node", "\(id)", "--peers", peers,
                "--data", data,
            ]
            let impostor = try ChildProcess(Products.path("adod"), arguments)
            try await cluster.withClient { client throws in
                let ledger = try await Writers.run(2, on: client) { writers throws in
                    #expect(try await impostor.exit() == .status(1))
                    try await writers.waitForProgress()
                }
                try await cluster.verify(ledger, client)
            }
            let words = impostor.standardError
            #expect(words.contains("two live nodes have the id \(id)"), "\(words)")
            #expect(words.contains("give each server its own id"), "\(words)")
            #expect(!words.contains("connected to node"), "\(words)")
            #expect(cluster.log(of: 2).ranges(of: "have the id \(id)").count == 1)
            try await cluster.stop()
        }

        @Test func `refuse a value over the limit and write nothing`() async throws {
            let cluster = try await ServerCluster.start(in: directory)
            let name = ObjectName(type: KeyValue.typeName, name: "keys")
            try await cluster.withClient { client throws in
                let keys = client.object(KeyValue.self, named: "keys")
                try await keys.call(.set("key", to: "small"))
                let before = try await calls(in: name, cluster, client)
                await #expect(throws: CallFailure.tooLarge) {
                    try await keys.call(.set("key", to: String(repeating: "x", count: 1 << 20)))
                }
                #expect(before == 2, "the opening of a session, and the write")
                #expect(try await keys.call(.get("key")) == "small")
                #expect(try await calls(in: name, cluster, client) == before)
            }
            try await cluster.stop()
        }

        /// How many calls are in the committed log.
        private func calls(
            in object: ObjectName, _ cluster: ServerCluster, _ client: Cluster
        ) async throws -> Int {
            let owner = try await cluster.owner(of: object, client)
            let calls = Mutex(0)
            try await client.client.fetchAll(object, from: owner) { frame in
                let entries = [UInt8](frame.entries)
                calls.withLock { $0 += Self.calls(in: entries[...]) }
            }
            return calls.withLock { $0 }
        }

        private static func calls(in entries: ArraySlice<UInt8>) -> Int {
            var calls = 0
            var rest = entries
            while rest.count >= 8 {
                if rest.uint32(at: 4) == 1 { calls += 1 }
                rest = rest.dropFirst(8 + Int(rest.uint32(at: 0)))
            }
            return calls
        }
    }
}
