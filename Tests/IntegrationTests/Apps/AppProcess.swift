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
        case writesWithLock, commitsAtStart, commitsPerTransaction, commitsPerPhase

        /// The transaction manager's placement of pulls.
        var placement: TwoPhaseCommit.PullPlacement {
            switch self {
            case .commitsPerTransaction: .perTransaction
            case .commitsPerPhase: .perPhase
            case .writesWithLock, .commitsAtStart: .atStart
            }
        }
    }

    static let managers = ["rm1", "rm2", "rm3"]

    /// Starts this test program once more, to run the one test that is a client.
    static func start(_ role: Role, _ cluster: ServerCluster) throws -> ChildProcess {
        try ChildProcess(
            "/proc/self/exe",
            ["--testing-library", "swift-testing", "--filter", "uses an application until killed"],
            environment: [peersVariable: cluster.peers, roleVariable: role.rawValue])
    }

    /// What the client was told is done.
    static func told(_ client: ChildProcess) -> [String] {
        client.standardOutput.split(separator: "\n").compactMap { line in
            line.hasPrefix("told ") ? String(line.dropFirst(5)) : nil
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
        let client = try await Cluster.connect(
            to: peers.split(separator: ",").map { String($0) }, cluster: ServerCluster.name)
        switch role {
        case .writesWithLock: await write(client)
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
