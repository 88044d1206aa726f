import ADO
import ADOObjects
import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// Bytes on the port that no honest node sends.
    @Suite struct `sent hostile bytes` {
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
        }

        /// Has each of `attacks` made on node 1 while a client works; sees it closed and logged.
        private func attack(
            _ attacks: [(ServerCluster) async throws -> RawSocket]
        ) async throws {
            let cluster = try await ServerCluster.start(in: directory)
            try await cluster.withClient { client throws in
                let ledger = try await Writers.run(2, on: client) { writers throws in
                    try await writers.waitForProgress(4)
                    for attack in attacks {
                        let lines = cluster.complaints(of: 1)
                        let socket = try await attack(cluster)
                        try await socket.waitUntilClosed()
                        try await poll(until: "node 1 says why it closed a connection") {
                            cluster.complaints(of: 1) > lines
                        }
                    }
                    try await writers.waitForProgress(4)
                }
                try await cluster.verify(ledger, client)
                #expect(ledger.refused == 0)
                #expect(ledger.unknownKeys.isEmpty)
            }
            try await cluster.stop()
        }

        @Test func `close the connection, say why, and go on`() async throws {
            let greeting = try await Greeting.capture()
            var random = SeededGenerator(seed: 7)
            let noise = random.bytes(4096)
            var huge = greeting.bytes
            huge.replaceSubrange(4..<8, with: littleEndian(UInt32.max))
            var version = greeting.bytes
            version[3] = 0x7f
            var flipped = greeting.bytes
            flipped[100] ^= 1
            try await attack([
                { try $0.connect(sending: noise) },
                { try $0.connect(sending: [UInt8](repeating: 0, count: 4096)) },
                { [huge] in try $0.connect(sending: huge) },
                { [version] in try $0.connect(sending: version) },
                { [flipped] in try $0.connect(sending: flipped) },
                { try $0.connect(sending: greeting.bytes + noise) },
                { try await $0.echo(after: greeting) },
            ])
        }

        @Test func `close connections that say nothing, or half of a greeting`() async throws {
            let greeting = try await Greeting.capture()
            let half = Array(greeting.bytes.prefix(60))
            try await attack([
                { try RawSocket(connectedTo: $0.port(of: 1)) },
                { try $0.connect(sending: half) },
                {
                    let socket = try $0.connect(sending: half)
                    socket.close()
                    return socket
                },
                {
                    let socket = try $0.connect(sending: greeting.bytes)
                    _ = try await socket.receiveMessage()
                    socket.send(half)
                    socket.close()
                    return socket
                },
            ])
        }

        @Test func `bear many connections that say nothing`() async throws {
            let cluster = try await ServerCluster.start(in: directory)
            try await cluster.withClient { client throws in
                let ledger = try await Writers.run(2, on: client) { writers throws in
                    let silent = try (1...200).map { _ in
                        try RawSocket(connectedTo: cluster.port(of: 1))
                    }
                    try await writers.waitForProgress()
                    for socket in silent { socket.close() }
                    try await writers.waitForProgress()
                }
                try await cluster.verify(ledger, client)
            }
            try await cluster.stop()
        }
    }
}

/// The first bytes of an honest client, as it sends them.
struct Greeting {
    let bytes: [UInt8]

    /// The id of the node that it is from.
    var node: UInt64 { WireMessage(bytes[...]).ballot.node }

    /// Listens where a client expects a server, and takes down what it says.
    static func capture() async throws -> Greeting {
        let port = try Loopback.freePorts(1)[0]
        let listener = try RawSocket(listeningOn: port)
        // The servers' ids are part of the greeting.
        let voters = (1...3 as ClosedRange<UInt64>).map {
            NodeOptions.Voter(node: $0, host: "127.0.0.1", port: port)
        }
        let node = try Node.start(NodeOptions(cluster: ServerCluster.name, voters: voters))
        do {
            let greeting = try await Greeting(bytes: listener.accept().receiveMessage())
            await node.shutdown()
            return greeting
        } catch {
            await node.shutdown()
            throw error
        }
    }
}

extension ServerCluster {
    /// How often a server has said that it closed or refused a connection.
    fileprivate func complaints(of node: UInt64) -> Int {
        log(of: node).split(separator: "\n").count {
            $0.contains("closed the connection") || $0.contains("refused a connection")
        }
    }

    /// Connects to node 1 and says this first.
    func connect(sending bytes: [UInt8]) throws -> RawSocket {
        let socket = try RawSocket(connectedTo: port(of: 1))
        socket.send(bytes)
        return socket
    }

    /// Greets as a client, and then says what only a server may say: what the server itself says.
    fileprivate func echo(after greeting: Greeting) async throws -> RawSocket {
        let socket = try connect(sending: greeting.bytes)
        _ = try await socket.receiveMessage()
        let serving = try await socket.receiveMessage()
        socket.send(serving)
        return socket
    }
}
