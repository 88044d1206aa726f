import ADO
import ADOObjects
import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    @Suite struct `paused` {
        private let directory: TemporaryDirectory
        private let name = "register"
        private let register = ObjectName(type: KeyValue.typeName, name: "register")

        init() throws {
            directory = try TemporaryDirectory()
        }

        /// The old owner wakes up with a read in its socket, asked for after a newer value had been
        /// acknowledged elsewhere; and its client can reach nobody else.
        @Test func `as owner, they answer no stale read when they resume`() async throws {
            let cluster = try await ServerCluster.start(in: directory)
            try await cluster.withClient { client throws in
                let writer = client.object(KeyValue.self, named: name)
                for round in 1...3 {
                    try await writer.call(.set("key", to: "old \(round)"))
                    try await resumeAndRead(round, cluster, client, writer)
                }
            }
            try await cluster.stop()
        }

        private func resumeAndRead(
            _ round: Int, _ cluster: ServerCluster, _ client: Cluster, _ writer: Handle<KeyValue>
        ) async throws {
            let owner = try await cluster.owner(of: register, client)
            try await cluster.withClient(cluster.clientOptions(reaching: [owner])) { near throws in
                let reader = near.object(KeyValue.self, named: name)
                #expect(try await reader.call(.get("key")) == "old \(round)")

                try await cluster.pause([owner])
                try await writer.call(.set("key", to: "new \(round)"))
                #expect(try await cluster.owner(of: register, client) != owner)
                async let read = reader.call(.get("key"))
                // Time for the read to reach the socket of the sleeping owner.
                try await Task.sleep(for: .milliseconds(50))
                cluster.send(SIGCONT, to: owner)
                #expect(try await read == "new \(round)")
            }
            try await cluster.waitUntilAgreed(on: register, client)
        }

        @Test func `as owner under load, they lose nothing and follow the new owner`() async throws
        {
            let cluster = try await ServerCluster.start(in: directory)
            try await cluster.withClient { client throws in
                let ledger = try await Writers.run(on: client) { writers throws in
                    try await writers.waitForProgress()
                    let owner = try await cluster.owner(of: Writers.keys, client)
                    try await cluster.pause([owner])
                    try await writers.waitForProgress()
                    cluster.send(SIGCONT, to: owner)
                    try await writers.waitForProgress()
                }
                try await cluster.verify(ledger, client)
            }
            try await cluster.stop()
        }

        @Test func `as followers, they are not missed`() async throws {
            try await ServerCluster.run(
                replicas: 5, in: directory, edit: ServerCluster.patient
            ) { cluster, client throws in
                try await cluster.underLoad(client) { writers, owner throws in
                    let followers = cluster.others(than: owner).prefix(2)
                    try await cluster.pause(Array(followers))
                    try await writers.waitForProgress(within: elections(3))
                    #expect(try await cluster.owner(of: Writers.keys, client) == owner)
                    for node in followers { cluster.send(SIGCONT, to: node) }
                }
            }
        }

        /// Awake for 20 of each 200 milliseconds.
        @Test func `nine tenths of the time as owner, they do not stop the others`() async throws {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                try await cluster.underLoad(client) { writers, owner throws in
                    let throttle = Task {
                        while !Task.isCancelled {
                            cluster.send(SIGSTOP, to: owner)
                            try? await Task.sleep(for: .milliseconds(180))
                            cluster.send(SIGCONT, to: owner)
                            try? await Task.sleep(for: .milliseconds(20))
                        }
                        cluster.send(SIGCONT, to: owner)
                    }
                    try await writers.waitForProgress(50, within: elections(4))
                    throttle.cancel()
                    await throttle.value
                }
            }
        }
    }
}
