import ADO
import ADOApps
import ADOObjects
import ADOSimulator
import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// Stores over several objects on real servers; the judge is a dictionary.
    @Suite struct `that hold a store` {
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
        }

        private static let lockOptions = {
            var options = KVLock.Options()
            options.policy = .retry(400)
            // Few buckets and little patience: collisions and takeovers are what is tested.
            options.slots = 2
            options.lockPatience = 4
            options.tick = .milliseconds(25)
            return options
        }()

        private static let freeOptions = {
            var options = KVLockFree.Options()
            options.hash = { KeyHash.fnv1a($0) % 2 }
            options.deadline = .seconds(20)
            return options
        }()

        enum Kind: CaseIterable { case withLock, withoutLock }

        private static func make(
            _ kind: Kind, _ client: Cluster
        ) -> @Sendable (Int) -> any StoreClient {
            { number in
                switch kind {
                case .withLock:
                    KVLock(
                        named: "s", on: client.client, owner: UInt64(number), options: lockOptions)
                case .withoutLock:
                    KVLockFree(named: "s", on: client.client, options: freeOptions)
                }
            }
        }

        @Test(arguments: Kind.allCases)
        func `show a dictionary while servers are killed in turn`(kind: Kind) async throws {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                let history = try await StoreLoad.run(make: Self.make(kind, client)) {
                    load throws in
                    for node in cluster.nodes {
                        try await load.waitForProgress()
                        try await cluster.kill([node])
                        try await load.waitForProgress()
                        try await cluster.restart([node])
                    }
                    try await load.waitForProgress()
                }
                let verdict = try history.verdict()
                #expect(verdict.isLinearizable, "\(verdict)")
                #expect(history.counts.returned > 100)
                try await verifyPlaces(kind, client)
            }
        }

        /// Everything that the meta vector leads to is there.
        private func verifyPlaces(_ kind: Kind, _ client: Cluster) async throws {
            let data = try await pull(DVector<String>.self, "s.data", client)
            var (locked, free) = (DVector<MetaBucket>(), MetaVector())
            switch kind {
            case .withLock: locked = try await pull(DVector<MetaBucket>.self, "s.meta", client)
            case .withoutLock: free = try await pull(MetaVector.self, "s.meta", client)
            }
            #expect(PlaceCheck.judge(locked: locked, free: free, data)?.explanation == nil)
        }

        private func pull<Object: AtomicObject>(
            _ type: Object.Type, _ name: String, _ client: Cluster
        ) async throws -> Object {
            let handle = client.object(type, named: name)
            return try await poll(for: "\(name) is pulled") {
                guard (try? await handle.pull(timeout: .seconds(2))) != nil,
                    (try? await handle.push()) != nil
                else { return nil }
                return handle.committed
            }
        }

        /// A client dies in the middle of its writes, perhaps with the lock.
        @Test func `let others go on when a holder of the lock is killed`() async throws {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                let killed = try AppProcess.start(.writesWithLock, cluster)
                try await AppProcess.waitUntilTold(10, killed)
                killed.send(SIGKILL)
                _ = try await killed.exit()
                let store = KVLock(named: "s", on: client.client, options: Self.lockOptions)
                try await store.set("mine", to: "there")
                for key in AppProcess.told(killed) {
                    #expect(try await store.get(key) == "value of \(key)")
                }
                // What it was appending when it died, and nothing else, leads nowhere.
                #expect(try await store.collect() <= 1)
                #expect(try await store.get("mine") == "there")
                try await verifyPlaces(.withLock, client)
            }
        }

        /// A client without a lock dies in the middle of its writes, between their steps.
        @Test func `are not held up by a writer without a lock that is killed`() async throws {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                let store = KVLockFree(named: "s", on: client.client, options: Self.freeOptions)
                for round in 1...3 {
                    let killed = try AppProcess.start(.writesWithoutLock, cluster)
                    try await AppProcess.waitUntilTold(20 * round, killed)
                    killed.send(SIGKILL)
                    _ = try await killed.exit()
                    try await expectLasts(of: AppProcess.told(killed), in: store)
                    try await store.set("mine", to: "\(round)")
                    #expect(try await store.get("mine") == "\(round)")
                    try await verifyPlaces(.withoutLock, client)
                }
                _ = try await store.collect()
                let data = try await pull(DVector<String>.self, "s.data", client)
                // Each key has its value, and nothing else is there.
                #expect(data.occupiedCount == 5)
                try await verifyPlaces(.withoutLock, client)
            }
        }

        /// Each lane wrote its key in order: there is what it was told of last, or the next.
        private func expectLasts(of told: [String], in store: KVLockFree) async throws {
            var lasts: [String: Int] = [:]
            for line in told {
                let words = line.split(separator: " ")
                lasts[String(words[0])] = Int(words[1])
            }
            for (key, last) in lasts {
                let found = try #require(try await store.get(key).flatMap { Int($0) })
                #expect((last...(last + 1)).contains(found), "\(key) is \(found), told \(last)")
            }
        }

        /// A client dies between the two steps of a transfer, or not.
        @Test func `miss at most what was on its way when a transferring client is killed`()
            async throws
        {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                let source = client.object(BankAccount.self, named: "a")
                let target = client.object(BankAccount.self, named: "b")
                try await source.call(.deposit(1_000_000))
                var told = 0
                for round in 1...4 {
                    let killed = try AppProcess.start(.transfers, cluster)
                    try await AppProcess.waitUntilTold(5 * round, killed)
                    killed.send(SIGKILL)
                    _ = try await killed.exit()
                    told += AppProcess.told(killed).filter { $0 == "moved" }.count
                    let moved = try await target.call(.balance)
                    #expect((told...(told + round)).contains(moved))
                    let left = try await source.call(.balance)
                    #expect((0...round).contains(1_000_000 - left - moved))
                }
            }
        }

        /// A client is stopped in the middle of its writes, loses the lock, and goes on.
        @Test func `refuse what a holder of the lock sends after a pause`() async throws {
            try await ServerCluster.run(in: directory) { cluster, client throws in
                let paused = try AppProcess.start(.writesWithLock, cluster)
                let store = KVLock(
                    named: "s", on: client.client, owner: 1, options: Self.lockOptions)
                for round in 1...3 {
                    try await AppProcess.waitUntilTold(AppProcess.told(paused).count + 5, paused)
                    try await paused.pause()
                    try await store.set("mine", to: "\(round)")
                    _ = try await store.collect()
                    paused.send(SIGCONT)
                }
                let goal = AppProcess.told(paused).count + 5
                try await poll(until: "the client goes on") {
                    AppProcess.told(paused).count >= goal
                }
                paused.send(SIGKILL)
                _ = try await paused.exit()
                #expect(try await store.get("mine") == "3")
                for key in AppProcess.told(paused) {
                    #expect(try await store.get(key) == "value of \(key)")
                }
                try await verifyPlaces(.withLock, client)
            }
        }
    }
}
