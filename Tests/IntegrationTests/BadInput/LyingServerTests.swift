import ADO
import ADOObjects
import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// A client that reads the snapshot of a server that lies about it.
    @Suite struct `lying about a snapshot` {
        private typealias Lie = (
            kind: UInt8, becomes: NodeError.Code, tell: @Sendable (inout LyingServer.Told) -> Void
        )

        private let directory: TemporaryDirectory
        private static let name = ObjectName(type: KeyValue.typeName, name: "shelves")

        init() throws {
            directory = try TemporaryDirectory()
        }

        /// Each closes the connection at once, but the last three.
        ///
        /// Only the whole snapshot shows those: one changes a letter of a book, one the checksum.
        private static let lies: [Lie] = [
            (LyingServer.manifest, .closed, { $0.size = 0 }),
            (LyingServer.manifest, .closed, { $0.size = 1 << 60 }),
            (LyingServer.manifest, .closed, { $0.point.index = 0 }),
            (LyingServer.manifest, .closed, { $0.point.index = .max }),
            (LyingServer.manifest, .closed, { $0.payload.removeLast() }),
            (LyingServer.manifest, .closed, { $0.kind = LyingServer.chunk }),
            (LyingServer.chunk, .closed, { $0.number += 1 }),
            (LyingServer.chunk, .closed, { $0.payload.removeLast() }),
            (LyingServer.chunk, .closed, { $0.payload.append(0) }),
            (LyingServer.chunk, .closed, { $0.payload = [] }),
            (LyingServer.chunk, .closed, { $0.kind = LyingServer.manifest }),
            (LyingServer.chunk, .corrupt, { $0.payload[0] ^= 0xff }),
            (LyingServer.chunk, .corrupt, { $0.payload[$0.payload.count / 2] ^= 1 }),
            (LyingServer.manifest, .corrupt, { $0.payload[15] ^= 1 }),
        ]

        @Test func `is found out, and others are read as before`() async throws {
            let often: @Sendable ([String]) -> [String] = { $0 + ["--snapshot-bytes", "16384"] }
            let cluster = try await ServerCluster.start(in: directory, edit: often)
            let liar = try LyingServer(before: cluster.port(of: 1))
            defer { liar.stop() }
            var options = try cluster.clientOptions()
            options.voters[0] = NodeOptions.Voter(node: 1, host: "127.0.0.1", port: liar.port)
            try await cluster.withClient(options) { client in
                let shelves = client.object(KeyValue.self, named: Self.name.name)
                for number in 1...4 {
                    let book = String(repeating: "b", count: 9000)
                    try await shelves.call(.set("book \(number)", to: book))
                }
                try await poll(until: "there are snapshots") {
                    for node in cluster.nodes where try await read(client, from: node) == nil {
                        return false
                    }
                    return true
                }
                for (number, lie) in Self.lies.enumerated() {
                    liar.lieNext(of: lie.kind, lie.tell)
                    let failure = await #expect(throws: NodeError.self, "lie \(number)") {
                        _ = try await read(client, from: 1)
                    }
                    #expect(failure?.code == lie.becomes, "lie \(number)")
                    #expect(liar.hasLied, "lie \(number)")
                    #expect(try await read(client, from: 2) != nil, "lie \(number)")
                    try await poll(until: "server 1 is asked again") {
                        try await self.isReadable(client)
                    }
                }
            }
            try await cluster.stop()
        }

        private func read(
            _ client: Cluster, from server: UInt64
        ) async throws -> (index: UInt64, state: KeyValue)? {
            try await client.client.snapshot(of: Self.name, as: KeyValue.self, from: server)
        }

        /// The client connects again after a lie, a little later.
        private func isReadable(_ client: Cluster) async throws -> Bool {
            do {
                return try await read(client, from: 1) != nil
            } catch let failure as NodeError where failure.code == .closed {
                return false
            }
        }
    }
}
