import ADO
import Foundation
import MultiPaxos
import Synchronization
import TestSupport
import Testing

extension `Real servers` {
    /// Objects whose type no server has: the application that has it gives the snapshots.
    @Suite struct `that trim the log of a type they do not have` {
        private let directory: TemporaryDirectory
        private let failpoints = Failpoints()

        init() throws {
            directory = try TemporaryDirectory()
        }

        private func start() async throws -> ServerCluster {
            try await ServerCluster.start(
                in: directory, environment: failpoints.environment,
                edit: { $0 + ["--snapshot-bytes", "16384"] })
        }

        private func waitUntilTrimmed(
            beyond index: UInt64 = 0, at nodes: [UInt64], _ client: Cluster
        ) async throws {
            for node in nodes {
                try await poll(
                    until: "node \(node) has trimmed beyond \(index)", within: .seconds(60)
                ) {
                    let status = try? await client.client.status(of: Album.named, on: node)
                    return status?.trimmed ?? 0 > index
                }
            }
        }

        /// An application that starts now gets all that others were told is written.
        private func expectEverything(
            told: UInt64, _ cluster: ServerCluster
        ) async throws {
            try await cluster.withClient { client throws in
                let album = client.object(Album.self, named: Album.named.name)
                let state = try await poll(for: "the album is pulled", within: .seconds(30)) {
                    try? await album.pull()
                }
                #expect(state.isSound)
                #expect(state.written >= told)
                #expect(try album.invoke(.write) == state.written + 1)
                try await album.push()
            }
        }

        @Test func `so that a new application begins with a snapshot`() async throws {
            let cluster = try await start()
            let writer = try AppProcess.start(.writesAlbum, cluster)
            try await cluster.withClient { try await waitUntilTrimmed(at: cluster.nodes, $0) }
            try await poll(until: "every page is written", within: .seconds(60)) {
                AppProcess.lastTold(writer) > Album.pageCount
            }
            writer.send(SIGKILL)
            _ = try await writer.exit()
            let told = AppProcess.lastTold(writer)
            try await expectEverything(told: told, cluster)
            // The servers themselves begin with what they were given, all at once.
            try await cluster.kill(cluster.nodes)
            try await cluster.restart(cluster.nodes)
            try await expectEverything(told: told + 1, cluster)
            try await cluster.stop()
        }

        @Test func `and bring a late server back with it`() async throws {
            let cluster = try await start()
            let late: UInt64 = 3
            let writer = try AppProcess.start(.writesAlbum, cluster)
            try await poll(until: "the writer writes") { AppProcess.lastTold(writer) > 64 }
            try await cluster.kill([late])
            let told = try await cluster.withClient { client throws in
                try await waitUntilTrimmed(
                    beyond: AppProcess.lastTold(writer) + 200, at: [1, 2], client)
                try await cluster.restart([late])
                try await waitUntilTrimmed(beyond: 200, at: [late], client)
                #expect(cluster.log(of: late).contains("got the snapshot"))
                writer.send(SIGKILL)
                _ = try await writer.exit()
                return AppProcess.lastTold(writer)
            }
            // Its vote counts, and its copy is one to begin with.
            try await cluster.kill([1])
            try await expectEverything(told: told, cluster)
            try await cluster.stop()
        }

        @Test func `while two applications take it from each other`() async throws {
            let cluster = try await start()
            let writers = try [1, 2].map { _ in try AppProcess.start(.writesAlbum, cluster) }
            try await cluster.withClient { client throws in
                try await waitUntilTrimmed(at: cluster.nodes, client)
                let trimmed = try await client.patientStatus(of: Album.named, on: 1)?.trimmed ?? 0
                try await waitUntilTrimmed(beyond: trimmed, at: cluster.nodes, client)
            }
            for writer in writers { writer.send(SIGKILL) }
            for writer in writers { _ = try await writer.exit() }
            let told = writers.map { AppProcess.lastTold($0) }.max() ?? 0
            try await expectEverything(told: told, cluster)
            try await cluster.stop()
        }

        @Test(arguments: ["upload-chunk-stored", "upload-complete", "log-trimmed", "log-swept"])
        func `after a server died while it got one`(_ place: String) async throws {
            failpoints.arm(place, at: 2)
            let cluster = try await start()
            let writer = try AppProcess.start(.writesAlbum, cluster)
            try await cluster.withClient { client throws in
                #expect(try await cluster.waitForEnd(of: 2) == .signal(SIGKILL))
                failpoints.disarm()
                try await cluster.restart([2])
                try await waitUntilTrimmed(at: cluster.nodes, client)
            }
            writer.send(SIGKILL)
            _ = try await writer.exit()
            try await expectEverything(told: AppProcess.lastTold(writer), cluster)
            try await cluster.stop()
        }

        /// What a server says of a snapshot that it does not take; nothing if it may be good later.
        @Test(arguments: [
            ("offer-too-early", nil), ("offer-of-another-log", "is not of this log"),
            ("offer-of-another-object", "is not of this log"),
            ("offer-garbled", "are not what it was said to be"),
        ])
        func `but not to a snapshot that is none of it`(
            _ lie: String, _ complaint: String?
        ) async throws {
            let cluster = try await start()
            let liar = try AppProcess.start(
                .writesAlbum, cluster, environment: ["ADO_FAILPOINT": lie])
            try await poll(until: "the log is long", within: .seconds(60)) {
                AppProcess.lastTold(liar) > 400
            }
            if let complaint {
                for node in cluster.nodes {
                    try await poll(until: "node \(node) says what is wrong") {
                        cluster.log(of: node).contains(complaint)
                    }
                }
            }
            try await cluster.withClient { client throws in
                for node in cluster.nodes {
                    let status = try await poll(for: "node \(node) answers") {
                        try? await client.client.status(of: Album.named, on: node)
                    }
                    #expect(status.snapshot == 0 && status.trimmed == 0)
                }
                liar.send(SIGKILL)
                _ = try await liar.exit()
                let honest = try AppProcess.start(.writesAlbum, cluster)
                try await waitUntilTrimmed(at: cluster.nodes, client)
                honest.send(SIGKILL)
                _ = try await honest.exit()
                try await expectEverything(told: AppProcess.lastTold(honest), cluster)
            }
            try await cluster.stop()
        }

        @Test(arguments: ["offer-made", "offer-half-sent"])
        func `after the application died while it gave one`(_ place: String) async throws {
            let cluster = try await start()
            let first = try AppProcess.start(
                .writesAlbum, cluster, environment: ["ADO_FAILPOINT": place])
            #expect(try await first.exit(within: .seconds(60)) == .signal(SIGKILL))
            // Half of it is nothing, and another one gives the whole.
            try await cluster.withClient { client throws in
                let trimmed = try await client.patientStatus(of: Album.named, on: 1)?.trimmed ?? 0
                if place == "offer-made" { #expect(trimmed == 0) }
                let second = try AppProcess.start(.writesAlbum, cluster)
                try await waitUntilTrimmed(beyond: trimmed, at: cluster.nodes, client)
                second.send(SIGKILL)
                _ = try await second.exit()
                try await expectEverything(
                    told: max(AppProcess.lastTold(first), AppProcess.lastTold(second)), cluster)
            }
            try await cluster.stop()
        }
    }
}
