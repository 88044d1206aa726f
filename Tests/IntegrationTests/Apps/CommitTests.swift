import ADO
import ADOApps
import ADOObjects
import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// Two-phase commit over real servers: each transaction adds one to a quantity of each of three
    /// resource managers.
    @Suite struct `that hold resources` {
        private let directory: TemporaryDirectory
        private let changes = Dictionary(
            uniqueKeysWithValues: AppProcess.managers.map { ($0, [ResourceChange("x", by: 1)]) })

        init() throws {
            directory = try TemporaryDirectory()
        }

        private func waitUntilTold(_ more: Int, _ process: ChildProcess) async throws {
            try await AppProcess.waitUntilTold(AppProcess.told(process).count + more, process)
        }

        @Test(arguments: [AppProcess.Role.commitsAtStart, .commitsPerTransaction, .commitsPerPhase])
        func `agree when the transaction manager is killed`(role: AppProcess.Role) async throws {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                var told = 0
                for round in 1...4 {
                    let process = try AppProcess.start(role, cluster)
                    // A different number each time, to die at different steps.
                    try await waitUntilTold(2 + 3 * round, process)
                    process.send(SIGKILL)
                    _ = try await process.exit()
                    told += AppProcess.told(process).count
                    let last = TwoPhaseCommit(over: AppProcess.managers, on: client.client)
                    try await last.recover()
                    try await verify(client, committed: told...(told + round))
                }
            }
        }

        @Test(arguments: [AppProcess.Role.commitsAtStart, .commitsPerTransaction, .commitsPerPhase])
        func `agree when a manager that was replaced goes on`(role: AppProcess.Role) async throws {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                let zombie = try AppProcess.start(role, cluster)
                var options = TwoPhaseCommit.Options()
                options.placement = role.placement
                var committed = 0
                for _ in 1...3 {
                    try await waitUntilTold(5, zombie)
                    try await zombie.pause()
                    let next = TwoPhaseCommit(
                        over: AppProcess.managers, on: client.client, options: options)
                    for _ in 1...5 {
                        if case .committed = try await next.run(changes) { committed += 1 }
                    }
                    // It wakes up in the middle of a transaction, and is shut out.
                    zombie.send(SIGCONT)
                }
                try await waitUntilTold(5, zombie)
                zombie.send(SIGKILL)
                _ = try await zombie.exit()
                let last = TwoPhaseCommit(over: AppProcess.managers, on: client.client)
                try await last.recover()
                let told = AppProcess.told(zombie).count + committed
                // What it did not live to tell: one for each pause, and the last.
                try await verify(client, committed: told...(told + 4))
            }
        }

        @Test(arguments: TwoPhaseCommit.PullPlacement.allCases)
        func `agree while servers are killed in turn`(
            placement: TwoPhaseCommit.PullPlacement
        ) async throws {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                var options = TwoPhaseCommit.Options()
                options.placement = placement
                let manager = TwoPhaseCommit(
                    over: AppProcess.managers, on: client.client, options: options)
                var committed = 0
                var unknown = 0
                for node in cluster.nodes {
                    try await cluster.kill([node])
                    try await run(manager, 10, &committed, &unknown)
                    try await cluster.restart([node])
                    try await run(manager, 10, &committed, &unknown)
                }
                try await manager.recover()
                #expect(committed >= 30)
                try await verify(client, committed: committed...(committed + unknown))
            }
        }

        /// Runs transactions, and counts those that are committed, and those of which nobody knows.
        private func run(
            _ manager: TwoPhaseCommit, _ count: Int, _ committed: inout Int, _ unknown: inout Int
        ) async throws {
            for _ in 1...count {
                do throws(TwoPhaseCommit.Failure) {
                    if case .committed = try await manager.run(changes) { committed += 1 }
                } catch .committedInPart {
                    committed += 1
                } catch .unknown {
                    unknown += 1
                } catch .notBegun {
                    continue
                }
            }
        }

        /// All have committed the same transactions in the same order, and each once.
        private func verify(_ client: Cluster, committed: ClosedRange<Int>) async throws {
            var seen: [[TransactionID]] = []
            for name in AppProcess.managers {
                let handle = client.object(ResourceManager.self, named: name)
                let manager = try await poll(for: "\(name) is pulled") {
                    guard (try? await handle.pull(timeout: .seconds(2))) != nil,
                        (try? await handle.push()) != nil
                    else { return ResourceManager?.none }
                    return handle.committed
                }
                let ids = manager.decided.filter { $0.decision == .commit }.map(\.id)
                #expect(manager.prepared == [])
                #expect(ids == ids.sorted())
                #expect(Set(ids).count == ids.count)
                #expect(manager.quantity(of: "x") == ids.count)
                seen.append(ids)
            }
            #expect(Set(seen).count == 1)
            #expect(committed.contains(seen[0].count))
        }
    }
}
