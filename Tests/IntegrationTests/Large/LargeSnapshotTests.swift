import ADO
import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// Snapshots that pass through files without names, because they are large.
    @Suite struct `with a state that is large when it is encoded` {
        private let directory: TemporaryDirectory
        private let failpoints = Failpoints()
        private static let wall = Wallpaper.named

        init() throws {
            directory = try TemporaryDirectory()
        }

        private func start() async throws -> ServerCluster {
            try await GuestServer.cluster(
                in: directory, snapshotBytes: 16_384, failpoints: failpoints)
        }

        private func handle(_ client: Cluster) -> Handle<Wallpaper> {
            client.object(Wallpaper.self, named: Self.wall.name)
        }

        /// Makes a log of more bytes than servers leave without a snapshot.
        private func fill(_ client: Cluster) async throws {
            for _ in 0..<8 {
                _ = try await handle(client).call(
                    .pad(4096), policy: .exactlyOnce(deadline: .seconds(60)))
            }
        }

        /// Sees to a small snapshot, and makes a large one due, of `bytes`, behind which the log
        /// is then trimmed.
        ///
        /// - Returns: The first entry that the large one holds.
        private func paper(
            _ bytes: Int, _ nodes: [UInt64], _ client: Cluster
        ) async throws -> UInt64 {
            try await fill(client)
            try await waitUntil(nodes, client, "has a snapshot") { $0.snapshot > 0 }
            _ = try await handle(client).call(
                .hang(Wallpaper.rolls(bytes: bytes)), policy: .exactlyOnce(deadline: .seconds(60)))
            let hung = try await highestCommit(nodes, client)
            try await fill(client)
            return hung
        }

        /// What is acknowledged is committed at its owner, which may be the client, and not yet at
        /// every other.
        private func highestCommit(_ nodes: [UInt64], _ client: Cluster) async throws -> UInt64 {
            let own = try await client.client.status().objects
            var highest = own.map(\.commit).max() ?? 0
            for node in nodes {
                let status = try await client.patientStatus(of: Self.wall, on: node)
                highest = max(highest, status?.commit ?? 0)
            }
            return highest
        }

        private func waitUntil(
            _ nodes: [UInt64], _ client: Cluster, _ what: String,
            _ holds: (ObjectStatus) -> Bool
        ) async throws {
            for node in nodes {
                try await poll(until: "node \(node) \(what)", within: .seconds(120)) {
                    let status = try? await client.client.status(of: Self.wall, on: node)
                    return status.map { holds($0) } ?? false
                }
            }
        }

        private func files(in path: String) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        }

        @Test(.enabled(if: !Sanitizer.isOn, "what is freed stays in memory under the sanitizer"))
        func `take little memory for it, and so does whoever gets it`() async throws {
            let (size, most) = (96 << 20, 64 << 20)
            let cluster = try await start()
            let (maker, late) = (AnonymousMemory(), AnonymousMemory())
            try await cluster.withClient { client throws in
                try await cluster.waitUntilSettled(client)
                try await fill(client)
                try await cluster.waitUntilAgreed(on: Self.wall, client)
                try await cluster.kill([3])
                let hung = try await maker.watch({ cluster.process(of: 1) }) {
                    let hung = try await paper(size, [1, 2], client)
                    try await waitUntil([1, 2], client, "has trimmed") {
                        $0.snapshot >= hung && $0.trimmed > 0
                    }
                    // What they have trimmed they still have in memory before.
                    try await cluster.kill([1, 2])
                    try await cluster.restart([1, 2])
                    try await fill(client)
                    return hung
                }
                try await late.watch({ cluster.process(of: 3) }) {
                    try await cluster.restart([3])
                    // Nothing is written meanwhile: it would be a part of what is measured.
                    try await poll(until: "node 3 has got it", within: .seconds(60)) {
                        let status = try? await client.client.status(of: Self.wall, on: 3)
                        return status?.snapshot ?? 0 >= hung
                    }
                    try await fill(client)
                    try await cluster.waitUntilAgreed(on: Self.wall, client)
                }
            }
            #expect(cluster.log(of: 3).contains("got the snapshot"))
            #expect(maker.growth < most)
            #expect(late.growth < most)
            let reader = AnonymousMemory()
            let spools = directory.path("spools")
            try FileManager.default.createDirectory(
                atPath: spools, withIntermediateDirectories: true)
            let app = try AppProcess.start(
                .looksAtWallpaper, cluster, environment: ["TMPDIR": spools])
            try await reader.watch({ app }) {
                try await poll(until: "the application has it", within: .seconds(120)) {
                    AppProcess.lastTold(app) == Wallpaper.rolls(bytes: size)
                }
            }
            #expect(reader.growth < most)
            app.send(SIGKILL)
            _ = try await app.exit()
            try await cluster.stop()
        }

        @Test func `leave nothing behind if they die while they write it`() async throws {
            let cluster = try await start()
            let size = 12 << 20
            failpoints.arm("spool-written", at: 2)
            try await cluster.kill([2])
            try await cluster.restart([2])
            try await cluster.withClient { client throws in
                let before = try files(in: cluster.data(of: 2))
                let hung = try await paper(size, [1, 2, 3], client)
                #expect(try await cluster.waitForEnd(of: 2) == .signal(SIGKILL))
                #expect(try files(in: cluster.data(of: 2)) == before)
                failpoints.disarm()
                try await cluster.restart([2])
                try await fill(client)
                try await waitUntil([1, 2, 3], client, "has the large one") {
                    $0.snapshot >= hung
                }
                // It dies while it restores what it has, too.
                failpoints.arm("spool-written", at: 2)
                try await cluster.kill([2])
                try? await cluster.restart([2])
                #expect(try await cluster.waitForEnd(of: 2) == .signal(SIGKILL))
                #expect(try files(in: cluster.data(of: 2)) == before)
                failpoints.disarm()
                try await cluster.restart([2])
                try await fill(client)
                try await cluster.waitUntilAgreed(on: Self.wall, client)
            }
            // So does an application that gets it.
            let spools = directory.path("spools")
            try FileManager.default.createDirectory(
                atPath: spools, withIntermediateDirectories: true)
            let dies = try AppProcess.start(
                .looksAtWallpaper, cluster,
                environment: ["TMPDIR": spools, "ADO_FAILPOINT": "spool-written"])
            #expect(try await dies.exit() == .signal(SIGKILL))
            #expect(try files(in: spools).filter { $0.hasPrefix("ado-spool") } == [])
            let lives = try AppProcess.start(
                .looksAtWallpaper, cluster, environment: ["TMPDIR": spools])
            try await poll(until: "the application has it", within: .seconds(60)) {
                AppProcess.lastTold(lives) == Wallpaper.rolls(bytes: size)
            }
            lives.send(SIGKILL)
            _ = try await lives.exit()
            try await cluster.stop()
        }

        @Test(.enabled(if: Mount.isPermitted, "mounting needs privileges this process lacks"))
        func `give it to an application once that has the room`() async throws {
            let cluster = try await start()
            let size = 24 << 20
            try await cluster.withClient { client throws in
                let hung = try await paper(size, [1, 2, 3], client)
                try await waitUntil([1, 2, 3], client, "has trimmed") {
                    $0.snapshot >= hung && $0.trimmed > 0
                }
                try await cluster.kill(cluster.nodes)
                try await cluster.restart(cluster.nodes)
                try await fill(client)
                try await cluster.waitUntilAgreed(on: Self.wall, client)
            }
            let spools = directory.path("spools")
            try FileManager.default.createDirectory(
                atPath: spools, withIntermediateDirectories: true)
            let mount = try Mount(memory: spools, bytes: 16 << 20)
            let app = try AppProcess.start(
                .looksAtWallpaper, cluster, environment: ["TMPDIR": spools])
            try await poll(until: "the application says what is missing") {
                app.standardOutput.contains(
                    "cannot be kept in a temporary file in \(spools): No space left on device. "
                        + "Free some space, or name another directory.")
            }
            #expect(app.isRunning)
            try mount.resize(to: 64 << 20)
            try await poll(until: "the application has it", within: .seconds(60)) {
                AppProcess.lastTold(app) == Wallpaper.rolls(bytes: size)
            }
            app.send(SIGKILL)
            _ = try await app.exit()
            try await cluster.stop()
        }
    }
}
