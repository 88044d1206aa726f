import ADO
import ADOApps
import ADOObjects
import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// `adoctl why`, where the answer lies in other objects, in other clients, or at another time.
    @Suite struct `asked why across objects` {
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
        }

        /// What `adoctl why` prints; its exit status must be one of these.
        private func why(
            _ arguments: [String], of cluster: ServerCluster, statuses: [Int32] = [0]
        ) async throws -> String {
            let place = ["--peers", cluster.peers, "--cluster", ServerCluster.name]
            let adoctl = try ChildProcess(Products.path("adoctl"), ["why"] + arguments + place)
            let status = try await adoctl.exit()
            #expect(statuses.contains { status == .status($0) }, "\(adoctl.standardError)")
            return adoctl.standardOutput
        }

        /// The last entry that calls a method which passes.
        private func last<Object: AtomicObject>(
            of handle: Handle<Object>, where passes: (Object.Method) -> Bool
        ) async throws -> UInt64 {
            let end = try await handle.pullIndex()
            var found: UInt64 = 0
            for try await element in handle.changes() {
                guard case .change(let change) = element else { continue }
                if let method = change.method, passes(method) { found = change.index }
                if change.index >= end { break }
            }
            return found
        }

        @Test func `explain a read that looks stale after the owner changed`() async throws {
            try await ServerCluster.run(in: directory) { cluster, client in
                let settings = client.object(KeyValue.self, named: "settings")
                try await Activity.run("deploy") {
                    _ = try await settings.call(.set("mode", to: "old"))
                }
                let read = try await settings.call(.get("mode"))
                #expect(read == "old")
                let owner = try await cluster.owner(of: settings.name, client)
                try await cluster.kill([owner])
                try await Activity.run("rollback", invocation: 0xbeef) {
                    _ = try await settings.call(.set("mode", to: "new"))
                }
                try await cluster.restart([owner])
                let old = try await last(of: settings) { $0 == .set("mode", to: "old") }
                let new = try await last(of: settings) { $0 == .set("mode", to: "new") }
                let stale = try await why(
                    ["settings@\(old)", "--get", "mode"], of: cluster)
                #expect(stale.contains(#"get("mode") replied "\"old\"""#), "\(stale)")
                #expect(stale.contains("deploy "))
                #expect(stale.contains("after entry \(new), set(\"mode\", to: \"new\"), it reads"))
                #expect(stale.contains("rollback beef, call 1"))
                #expect(stale.contains("changed its owner at entry"))
                let now = try await why(["settings", "--get", "mode"], of: cluster)
                #expect(now.contains(#"replied "\"new\"""#), "\(now)")
                #expect(!now.contains("it reads"))
            }
        }

        @Test func `set issued order beside committed order`() async throws {
            try await ServerCluster.run(links: true, in: directory) { cluster, client in
                let slow = client.object(KeyValue.self, named: "settings")
                try await slow.call(.set("x", to: "0"))
                let direct = NodeOptions(
                    cluster: ServerCluster.name,
                    voters: cluster.nodes.map {
                        .init(node: $0, host: "127.0.0.1", port: cluster.port(of: $0))
                    })
                try await cluster.withClient(direct) { other in
                    let links = try #require(cluster.links)
                    let fast = other.object(KeyValue.self, named: "settings")
                    try await Activity.run("update", invocation: 0xcafe) {
                        for node in cluster.nodes {
                            links.setEntrance(of: node, .silence, .there)
                        }
                        async let first = slow.call(
                            .set("x", to: "1"), policy: .exactlyOnce(deadline: .seconds(30)))
                        try await poll(until: "the first write is issued") {
                            Activity.current?.caller.step == 1
                        }
                        _ = try await fast.call(.set("x", to: "2"))
                        links.mend()
                        _ = try await first
                    }
                    let end = try await last(of: fast) { $0 == .set("x", to: "1") }
                    let answer = try await why(["settings@\(end)", "--get", "x"], of: cluster)
                    #expect(answer.contains("update cafe issued calls in another order"))
                    let rows = answer.split(separator: "\n").filter { $0.contains("call 1  set") }
                    #expect(
                        rows.contains { $0.contains("@") && $0.contains("to: \"2\"") }, "\(answer)")
                }
            }
        }

        @Test func `say who holds a lock that could not be had`() async throws {
            try await ServerCluster.run(in: directory) { cluster, client in
                let lock = client.object(TimeoutLock.self, named: "shop.lock")
                try await Activity.run("inventory", invocation: 0xab) {
                    _ = try await lock.call(.tryAcquire(owner: 7, patience: 20))
                }
                var options = KVLock.Options()
                options.policy = .abort
                let store = KVLock(
                    named: "shop", on: client.client, owner: 8, options: options)
                await #expect(throws: StoreFailure.notDone(.locked)) {
                    try await store.set("apples", to: "3")
                }
                let denied = try await last(of: lock) { method in
                    method == .tryAcquire(owner: 8, patience: 20)
                }
                let holder = try await last(of: lock) { method in
                    method == .tryAcquire(owner: 7, patience: 20)
                }
                let answer = try await why(["shop.lock@\(denied)"], of: cluster)
                #expect(
                    answer.contains("the lock is held by 7 since entry \(holder), token 1"),
                    "\(answer)")
                #expect(answer.contains("kvlock.set "))
                #expect(answer.contains("inventory ab, call 1"))
            }
        }
    }
}

extension `Real servers`.`asked why across objects` {
    private static let changes = [
        "orders": [ResourceChange("apples", by: -2)], "stock": [ResourceChange("apples", by: 2)],
    ]

    @Test func `lead from an abort to the vote, and on to what holds the lock`() async throws {
        try await ServerCluster.run(in: directory) { cluster, client in
            let orders = client.object(ResourceManager.self, named: "orders")
            let stock = client.object(ResourceManager.self, named: "stock")
            let epoch = Epoch(number: 1, manager: 5)
            for manager in [orders, stock] { _ = try await manager.call(.enroll(epoch)) }
            let change = [ResourceChange("apples", by: 1)]
            let ids = (1...2).map { TransactionID(epoch: epoch, number: $0) }
            try await Activity.run("first", invocation: 0x1111) {
                _ = try await orders.call(.prepare(ids[0], change))
            }
            try await Activity.run("second", invocation: 0x2222) {
                _ = try await stock.call(.prepare(ids[1], change))
                _ = try await orders.call(.prepare(ids[1], change))
                Activity.current?.decide(by: orders.name)
                _ = try await stock.call(.decide(ids[1], .abort, by: epoch))
            }
            let abort = try await last(of: stock) { $0 == .decide(ids[1], .abort, by: epoch) }
            let vote = try await last(of: orders) { $0 == .prepare(ids[1], change) }
            let holder = try await last(of: orders) { $0 == .prepare(ids[0], change) }
            let answer = try await why(["stock@\(abort)"], of: cluster)
            #expect(answer.contains("second 2222, call 3"), "\(answer)")
            #expect(answer.contains("had seen ResourceManager/orders@\(vote)  prepare(1.5/2"))
            #expect(answer.contains("apples is locked by transaction 1.5/1"))
            #expect(answer.contains("prepared by entry \(holder)"))
            #expect(answer.contains("first 1111, call 1"))
            let dot = try await why(["stock@\(abort)", "--format", "dot"], of: cluster)
            #expect(dot.contains("label=\"log of ResourceManager/orders\""), "\(dot)")
            #expect(dot.contains("reply -> l2_reply [style=dashed"))
            #expect(dot.contains("l2_c\(holder) [shape=box, style=filled"), "the witness is lit")
            let svg = try await why(["stock@\(abort)", "--format", "svg"], of: cluster)
            #expect(svg.contains("log of ResourceManager/orders"), "\(svg)")
            #expect(svg.contains("class=\"sight\""))
            #expect(svg.contains("called by second 2222, call 2"))
        }
    }

    @Test func `lead from an abort to the push that failed, with its time`() async throws {
        try await ServerCluster.run(in: directory) { cluster, client in
            let journal = directory.path("client.journal")
            var options = try cluster.clientOptions()
            options.journal = try FileJournal(path: journal)
            try await cluster.withClient(options) { own in
                let manager = TwoPhaseCommit(over: ["orders", "stock"], on: own.client)
                let gain = ["orders": [ResourceChange("apples", by: 9)]]
                _ = try await manager.run(gain)
                // Another client takes one of the two over, as a manager that is restarted would.
                let orders = client.object(ResourceManager.self, named: "orders")
                try await orders.pull()
                try await orders.push()
                let outcome = try await manager.run(Self.changes)
                guard case .aborted(_, .failed(at: "orders", .preempted)) = outcome else {
                    Issue.record("\(outcome) is no abort because of the manager that was lost")
                    return
                }
            }
            let stock = client.object(ResourceManager.self, named: "stock")
            let abort = try await last(of: stock) { method in
                if case .decide(_, .abort, _) = method { true } else { false }
            }
            let answer = try await why(["stock@\(abort)", "--journal", journal], of: cluster)
            #expect(answer.contains("2pc.run "), "\(answer)")
            #expect(answer.contains("had seen a push of ResourceManager/orders fail: somebody"))
            #expect(answer.contains("journal: 20"))
            let adoctl = try ChildProcess(
                Products.path("adoctl"), ["why", "--journal", journal, "--format", "json"])
            #expect(try await adoctl.exit() == .status(0))
            #expect(adoctl.standardOutput.contains("\"cause\": \"preempted\""))
        }
    }

    @Test func `say that an answer is relative to a snapshot`() async throws {
        let often: @Sendable ([String]) -> [String] = { $0 + ["--snapshot-bytes", "16384"] }
        try await ServerCluster.run(in: directory, edit: often) { cluster, client in
            let settings = client.object(KeyValue.self, named: "settings")
            try await settings.call(.set("early", to: "1"))
            let filler = String(repeating: "v", count: 900)
            try await cluster.writeUntilTrimmed(settings.name, beyond: 10, client) {
                try await settings.call(.set("filler", to: filler))
            }
            // So that nobody answers from memory what the disks have given up.
            try await cluster.kill(cluster.nodes)
            try await cluster.restart(cluster.nodes)
            try await settings.call(.set("late", to: "2"))
            try await settings.call(.set("filler", to: filler))
            let early = try await why(
                ["settings", "--get", "early"], of: cluster, statuses: [3])
            #expect(
                early.contains("get(\"early\") replied \"\\\"1\\\"\""), "\(early)")
            #expect(early.contains("the snapshot held \"early\": \"1\""))
            #expect(early.contains("the answer is relative to it"))
            let late = try await why(["settings", "--get", "late"], of: cluster)
            #expect(late.contains("what that holds does not matter here"), "\(late)")
            #expect(late.contains("set(\"late\", to: \"2\")"))
            // The snapshot holds the same, which it need not.
            let same = try await why(["settings", "--get", "filler"], of: cluster)
            #expect(same.contains("what that holds does not matter here"), "\(same)")
            #expect(same.contains("set(\"filler\""))
        }
    }
}

extension Handle {
    /// The last index that is committed, found by committing whatever is pending.
    fileprivate func pullIndex() async throws -> UInt64 {
        try await pull()
        return try await push()
    }
}
