import ADO
import ADOApps
import ADOObjects
import Foundation
import MultiPaxos
import TestSupport
import Testing

private let peersVariable = "ADO_TEST_APP_PEERS"
private let roleVariable = "ADO_TEST_APP_ROLE"

/// A client of a DApp as a process of its own, which can be stopped and killed.
enum AppProcess {
    /// What it does until it is killed.
    enum Role: String {
        case writesWithLock, writesWithoutLock, transfers, commitsAtStart, commitsPerTransaction
        case commitsPerPhase, writesAlbum, looksAtWallpaper

        /// The transaction manager's placement of pulls.
        var placement: TwoPhaseCommit.PullPlacement {
            switch self {
            case .commitsPerTransaction: .perTransaction
            case .commitsPerPhase: .perPhase
            default: .atStart
            }
        }
    }

    static let managers = ["rm1", "rm2", "rm3"]

    /// Starts this test program once more, to run the one test that is a client.
    static func start(
        _ role: Role, _ cluster: ServerCluster, environment: [String: String] = [:]
    ) throws -> ChildProcess {
        let own = [peersVariable: cluster.peers, roleVariable: role.rawValue]
        return try ChildProcess(
            "/proc/self/exe",
            ["--testing-library", "swift-testing", "--filter", "uses an application until killed"],
            environment: environment.merging(own) { $1 })
    }

    /// The last number that it was told is done; 0 if there is none.
    static func lastTold(_ client: ChildProcess) -> UInt64 {
        told(client).last.flatMap { UInt64($0) } ?? 0
    }

    /// What the client was told is done.
    static func told(_ client: ChildProcess) -> [String] {
        client.standardOutput.split(separator: "\n").compactMap { line in
            line.hasPrefix("told ") ? String(line.dropFirst(5)) : nil
        }
    }

    /// Waits until it was told so often that something is done.
    static func waitUntilTold(_ count: Int, _ client: ChildProcess) async throws {
        try await poll(until: "the client was told \(count) times") {
            try #require(client.isRunning, "\(client.standardOutput)")
            return told(client).count >= count
        }
    }

    fileprivate static var role: Role? {
        ProcessInfo.processInfo.environment[roleVariable].flatMap { Role(rawValue: $0) }
    }
}

@Suite struct `An application process` {
    @Test(.enabled(if: AppProcess.role != nil, "is started by the tests that kill it"))
    func `uses an application until killed`() async throws {
        let role = try #require(AppProcess.role)
        let peers = try #require(ProcessInfo.processInfo.environment[peersVariable])
        var options = NodeOptions(
            cluster: ServerCluster.name,
            voters: try NodeOptions.Voter.list(peers.split(separator: ",").map { String($0) }))
        options.onLog = { _, text in
            print("log \(text)")
            fflush(nil)
        }
        let client = try await Cluster.connect(options)
        switch role {
        case .writesWithLock: await write(client)
        case .writesWithoutLock: await writeWithoutLock(client)
        case .transfers: await transfer(client)
        case .writesAlbum: await writeAlbum(client)
        case .looksAtWallpaper: await look(client)
        case .commitsAtStart, .commitsPerTransaction, .commitsPerPhase:
            await commit(client, role.placement)
        }
    }

    private func write(_ client: Cluster) async {
        var options = KVLock.Options()
        options.policy = .retry(400)
        options.slots = 2
        options.lockPatience = 4
        options.tick = .milliseconds(25)
        let store = KVLock(named: "s", on: client.client, options: options)
        for number in 1... {
            do throws(StoreFailure) {
                try await store.set("\(number)", to: "value of \(number)")
            } catch {
                continue
            }
            tell("\(number)")
        }
    }

    /// Overwrites some keys, several at once, which lead to few places of many.
    private func writeWithoutLock(_ client: Cluster) async {
        var options = KVLockFree.Options()
        options.hash = { KeyHash.fnv1a($0) % 2 }
        let store = KVLockFree(named: "s", on: client.client, options: options)
        await withTaskGroup { group in
            for lane in 1...4 {
                group.addTask {
                    for number in 1... {
                        do throws(StoreFailure) {
                            try await store.set("\(lane)", to: "\(number)")
                        } catch {
                            continue
                        }
                        tell("\(lane) \(number)")
                    }
                }
            }
        }
    }

    /// Moves one from the first account to the second, for ever.
    private func transfer(_ client: Cluster) async {
        let transfer = Transfer(from: "a", to: "b", on: client.client)
        while true {
            do throws(Transfer.Failure) {
                try await transfer.move(1)
                tell("moved")
            } catch {
                tell("\(error)")
            }
        }
    }

    /// Takes the album whenever another has it, and writes a few pages at once.
    private func writeAlbum(_ client: Cluster) async {
        let album = client.object(Album.self, named: Album.named.name)
        while true {
            guard (try? await album.pull()) != nil else { continue }
            while let written = try? await writePages(album) { tell("\(written)") }
        }
    }

    private func writePages(_ album: Handle<Album>) async throws -> UInt64 {
        var written: UInt64 = 0
        for _ in 0..<16 { written = try album.invoke(.write) }
        try await album.push()
        return written
    }

    /// Gets all of it once, and stays.
    private func look(_ client: Cluster) async {
        let wall = client.object(Wallpaper.self, named: Wallpaper.named.name)
        while true {
            if let state = try? await wall.pull() {
                tell("\(state.rolls)")
                try? await Task.sleep(for: .seconds(600))
            }
        }
    }

    private func commit(_ client: Cluster, _ placement: TwoPhaseCommit.PullPlacement) async {
        var options = TwoPhaseCommit.Options()
        options.placement = placement
        let manager = TwoPhaseCommit(
            over: AppProcess.managers, on: client.client, options: options)
        let changes = Dictionary(
            uniqueKeysWithValues: AppProcess.managers.map { ($0, [ResourceChange("x", by: 1)]) })
        while true {
            if case .committed = try? await manager.run(changes) { tell("committed") }
        }
    }

    private func tell(_ what: String) {
        print("told \(what)")
        fflush(nil)
    }
}
