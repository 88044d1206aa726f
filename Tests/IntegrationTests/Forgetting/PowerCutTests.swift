import FaultTools
import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// All killed at once, and with them whatever no flush had covered.
    @Suite struct `cut off from power` {
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
        }

        private func journal(of node: UInt64) -> String { directory.path("journal-\(node)") }

        private func start(flush: String) async throws -> ServerCluster {
            let shim = try await Shim.library("forget")
            return try await ServerCluster.start(in: directory) { node in
                let more = ["ADO_SHIM_JOURNAL": journal(of: node), "ADO_SHIM_FLUSH": flush]
                return ShimSource.environment(shim, more)
            }
        }

        /// Kills servers, all if none are given, and takes back the unflushed writes that `isLost`
        /// chooses.
        private func cutPower(
            _ cluster: ServerCluster, of nodes: [UInt64]? = nil, isLost: () -> Bool = { true }
        ) async throws {
            let nodes = nodes ?? cluster.nodes
            try await cluster.kill(nodes)
            for node in nodes {
                let file = cluster.data(of: node) + "/data.mdb"
                try UndoJournal(at: journal(of: node)).undo(in: file, where: isLost)
                try FileManager.default.removeItem(atPath: journal(of: node))
            }
        }

        @Test func `lose nothing acknowledged`() async throws {
            let cluster = try await start(flush: "real")
            var random = SeededGenerator(seed: .random(in: 0...UInt64.max))
            try await cluster.withClient { client throws in
                let ledger = try await Writers.run(
                    on: client, policy: .exactlyOnce(deadline: .seconds(30))
                ) { writers throws in
                    for round in 1...5 {
                        try await writers.waitForProgress(10)
                        let moment = Int.random(in: 0...30_000, using: &random)
                        try await Task.sleep(for: .microseconds(moment))
                        // A disk keeps some of what it was not told to keep, or nothing.
                        let keepsSome = round > 1
                        try await cutPower(cluster) { !keepsSome || random.oneIn(2) }
                        try await cluster.restart(cluster.nodes)
                    }
                    try await writers.waitForProgress(10)
                }
                try await cluster.verify(ledger, client)
            }
            try await cluster.stop()
        }

        /// One of three is a minority, two are a majority; the owner is always among them.
        @Test(arguments: [1, 2]) func `some of them, lose nothing acknowledged`(
            count: Int
        ) async throws {
            let cluster = try await start(flush: "real")
            try await cluster.withClient { client throws in
                let ledger = try await Writers.run(
                    on: client, policy: .exactlyOnce(deadline: .seconds(30))
                ) { writers throws in
                    for _ in 1...2 {
                        try await writers.waitForProgress(10)
                        let owner = try await cluster.owner(of: Writers.keys, client)
                        let dark = [owner] + cluster.others(than: owner).prefix(count - 1)
                        try await cutPower(cluster, of: dark)
                        try await cluster.restart(dark)
                    }
                    try await writers.waitForProgress(10)
                }
                try await cluster.verify(ledger, client)
            }
            try await cluster.stop()
        }

        @Test func `lose something acknowledged if their flushes did nothing`() async throws {
            let cluster = try await start(flush: "ignored")
            let ledger = try await cluster.withClient { client throws in
                try await Writers.run(on: client) { try await $0.waitForProgress(20) }
            }
            try await cutPower(cluster)
            try await cluster.restart(cluster.nodes)
            try await cluster.withClient { client throws in
                let state = try await cluster.readAll(client)
                #expect(!ServerCluster.lost(ledger, in: state).isEmpty)
            }
            try await cluster.kill(cluster.nodes)
        }
    }
}
