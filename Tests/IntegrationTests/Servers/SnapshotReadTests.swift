import ADO
import ADOObjects
import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// A client that reads the snapshot of a server, and pulls nothing.
    @Suite struct `asked for a snapshot` {
        private let directory: TemporaryDirectory
        private static let name = ObjectName(type: KeyValue.typeName, name: "shelves")

        init() throws {
            directory = try TemporaryDirectory()
        }

        @Test func `give it in as many questions as its size needs, or say why not`() async throws {
            let often: @Sendable ([String]) -> [String] = { $0 + ["--snapshot-bytes", "16384"] }
            try await ServerCluster.run(in: directory, edit: often) { cluster, client in
                let shelves = client.object(KeyValue.self, named: Self.name.name)
                let none = try await read(client)
                #expect(none == nil, "nothing was written yet")
                // Five chunks of 256 KiB and a part of one: a question asks for four at most.
                let books = (0..<14).map { String(repeating: "\($0 % 10)", count: 100_000) }
                for (place, book) in books.enumerated() {
                    try await shelves.call(.set("book \(place)", to: book))
                }
                try await poll(until: "the snapshot holds every book") {
                    try await shelves.call(.set("filler", to: String(repeating: "f", count: 9000)))
                    return try await read(client)?.state["book 13"] != nil
                }
                let snapshot = try #require(try await read(client))
                for (place, book) in books.enumerated() {
                    #expect(snapshot.state["book \(place)"] == book)
                }
                #expect(snapshot.index > 14)
                // Servers may take over from each other at any time, but nobody pulled here.
                let ballot = try #require(try await cluster.ballot(of: Self.name, client))
                #expect(cluster.nodes.contains(ballot.node))
                await expectRefusals(client)
            }
        }

        private func read(_ client: Cluster) async throws -> (index: UInt64, state: KeyValue)? {
            try await client.client.snapshot(of: Self.name, as: KeyValue.self, from: 1)
        }

        private func expectRefusals(_ client: Cluster) async {
            let node = client.client
            let large = await #expect(throws: NodeError.self) {
                try await node.snapshot(of: Self.name, as: KeyValue.self, from: 1, sizeMax: 1000)
            }
            #expect(large?.code == .tooLarge)
            let other = await #expect(throws: NodeError.self) {
                try await node.snapshot(of: Self.name, as: Counter.self, from: 1)
            }
            #expect(other?.code == .corrupt)
            let nobody = await #expect(throws: NodeError.self) {
                try await node.snapshot(of: Self.name, as: KeyValue.self, from: 9)
            }
            #expect(nobody?.code == .closed)
        }
    }
}
