import ADO
import CMultiPaxos
import FaultTools
import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// Messages of a client that each ask for a write, while the disk writes nothing.
    @Suite(.enabled(if: !Sanitizer.isOn, "what is freed stays in memory under the sanitizer"))
    struct `asked for more than their disk can write` {
        private let directory: TemporaryDirectory
        private let stall = Duration.seconds(15)

        init() throws {
            directory = try TemporaryDirectory()
        }

        /// Has a client send `message` a million times, numbered from one, to a server whose disk
        /// stalls; returns by how many bytes its memory grew.
        private func flood(
            _ message: @escaping @Sendable (UInt64) -> mp_message
        ) async throws -> Int {
            let disk = try await ShimmedDisk(in: directory.path, shim: Shim.library("disk"))
            let cluster = try await ServerCluster.start(
                in: directory, environment: { disk.environment(of: $0) })
            return try await cluster.withClient { client throws in
                _ = try await Writers.run(2, on: client) { try await $0.waitForProgress(4) }
                let greeting = try await Greeting.capture()
                let socket = try cluster.connect(sending: greeting.bytes)
                _ = try await socket.receiveMessage()
                try disk.set(.slow(stall), on: 1)
                let memory = AnonymousMemory()
                try await memory.watch({ cluster.process(of: 1) }) {
                    for thousand in 0..<1000 as Range<UInt64> {
                        let numbers = thousand * 1000 + 1...thousand * 1000 + 1000
                        try await socket.sendAll(
                            numbers.flatMap { encode(message($0), from: greeting.node) })
                    }
                }
                disk.mend(1)
                try await poll(until: "node 1 goes on", within: stall * 3) {
                    (try? await client.client.status(of: Writers.keys, on: 1)) != nil
                }
                try await cluster.waitUntilAgreed(on: Writers.keys, client)
                try await cluster.stop()
                return memory.growth
            }
        }

        private func encode(_ message: mp_message, from node: UInt64) -> [UInt8] {
            var message = message
            message.group = 77
            message.ballot.node = node
            var header = [UInt8](repeating: 0, count: Int(MP_MESSAGE_HEADER_SIZE))
            mp_message_encode(&message, 0, &header)
            return header
        }

        @Test(arguments: [MP_MESSAGE_PREPARE, MP_MESSAGE_COMMIT].map { UInt8($0.rawValue) })
        func `keep a bounded number of promises`(kind: UInt8) async throws {
            let growth = try await flood { round in
                var message = mp_message()
                message.kind = kind
                message.ballot.round = round
                return message
            }
            #expect(growth < 200 << 20, "\(growth >> 20) MB")
        }

        @Test func `keep a bounded number of answers that wait for one`() async throws {
            let growth = try await flood { _ in
                var message = mp_message()
                message.kind = UInt8(MP_MESSAGE_PREPARE.rawValue)
                message.ballot.round = 1
                return message
            }
            #expect(growth < 100 << 20, "\(growth >> 20) MB")
        }
    }
}
