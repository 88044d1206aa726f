import ADO
import ADOApps
import ADOObjects
import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// `adoctl why --get` of the keys of stores, which lie in several objects.
    @Suite struct `asked why of a store` {
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
        }

        /// What `adoctl why` prints; its exit status must be this one.
        private func why(
            _ arguments: [String], of cluster: ServerCluster, status: Int32 = 0
        ) async throws -> String {
            let place = ["--peers", cluster.peers, "--cluster", ServerCluster.name]
            let adoctl = try ChildProcess(Products.path("adoctl"), ["why"] + arguments + place)
            let exit = try await adoctl.exit()
            #expect(exit == .status(status), "\(adoctl.standardError)\(adoctl.standardOutput)")
            return status == 64 ? adoctl.standardError : adoctl.standardOutput
        }

        @Test func `explain a key by the write that points to its value`() async throws {
            try await ServerCluster.run(in: directory) { cluster, client in
                let store = KVLock(named: "shop", on: client.client)
                try await store.set("apples", to: "3")
                try await store.set("pears", to: "7")
                try await store.set("apples", to: "4")
                let answer = try await why(["shop", "--get", "apples"], of: cluster)
                #expect(answer.contains("\"apples\" of shop is \"4\": place 2"), "\(answer)")
                #expect(answer.contains("append(\"4\")"))
                #expect(answer.contains("kvlock.set "))
                #expect(answer.contains("had seen DVector<String>/shop.data@"))
                let causes = answer.split(separator: "\n").filter { $0.contains("─") }
                #expect(!causes.contains { $0.contains("pears") }, "\(answer)")
                let svg = try await why(
                    ["KVLock/shop", "--get", "apples", "--format", "svg"], of: cluster)
                #expect(svg.contains("log of DVector&lt;String&gt;/shop.data"), "\(svg)")
                try await expectAbsence(cluster, store)
            }
        }

        private func expectAbsence(_ cluster: ServerCluster, _ store: KVLock) async throws {
            try await store.remove("pears")
            let removed = try await why(["shop", "--get", "pears"], of: cluster)
            #expect(removed.contains("\"pears\" of shop has no value"), "\(removed)")
            let never = try await why(["shop", "--get", "plums"], of: cluster, status: 2)
            #expect(never.contains("\"plums\" of shop has no value"), "\(never)")
            let keyless = try await why(["shop.data", "--get", "pears"], of: cluster, status: 64)
            #expect(keyless.contains("a DVector<String> has no keys to get"))
            #expect(keyless.contains("a store by its own name"))
        }

        @Test func `explain a key of many writes by the last, under a hash of one's own`()
            async throws
        {
            try await ServerCluster.run(in: directory) { cluster, client in
                var options = KVLock.Options()
                options.hash = { UInt64($0.utf8.count) }
                let store = KVLock(named: "shop", on: client.client, options: options)
                for count in 1...20 {
                    try await store.set("apples", to: "\(count)")
                    try await store.set("figs", to: "-\(count)")
                }
                let answer = try await why(["shop", "--get", "figs"], of: cluster, status: 3)
                #expect(answer.contains("\"figs\" of shop is \"-20\""), "\(answer)")
                let causes = answer.split(separator: "\n").filter { $0.contains("─ ") }
                #expect(causes.count == 2, "one witness of one write: \(answer)")
                #expect(answer.contains("20 of "))
            }
        }

        @Test func `explain a key of a store without a lock`() async throws {
            try await ServerCluster.run(in: directory) { cluster, client in
                let store = KVLockFree(named: "shop", on: client.client)
                for (key, value) in [
                    ("plums", "1"), ("pears", "6"), ("apples", "3"), ("pears", "7"),
                    ("apples", "4"),
                ] {
                    try await store.set(key, to: value)
                }
                let answer = try await why(["shop", "--get", "apples"], of: cluster)
                #expect(answer.contains("\"apples\" of shop is \"4\": place 4"), "\(answer)")
                #expect(answer.contains("filled by its entry"), "\(answer)")
                let reply = "leads(\"apples\") replied \"at 4, if that is filled, or else at 2\""
                #expect(answer.contains(reply), "\(answer)")
                // Of those of other keys only the one that says that the first value is there.
                #expect(answer.contains("3 of 5 calls before it could matter"), "\(answer)")
                #expect(answer.contains("kvlockfree.set "))
            }
        }

        @Test func `say that a key depends on a snapshot, and what wrote it since`() async throws {
            let often: @Sendable ([String]) -> [String] = { $0 + ["--snapshot-bytes", "16384"] }
            try await ServerCluster.run(in: directory, edit: often) { cluster, client in
                let store = KVLockFree(named: "shop", on: client.client)
                let meta = client.object(MetaVector.self, named: "shop.meta")
                let filler = String(repeating: "k", count: 900)
                try await cluster.writeUntilTrimmed(meta.name, beyond: 10, client) {
                    try await store.set(filler, to: "")
                }
                try await cluster.kill(cluster.nodes)
                try await cluster.restart(cluster.nodes)
                let early = try await why(["shop", "--get", filler], of: cluster, status: 3)
                #expect(early.contains("of shop is \"\""), "\(early)")
                #expect(early.contains("of the snapshot alone the same call would have been told"))
                try await store.set("late", to: "2")
                let late = try await why(["shop", "--get", "late"], of: cluster, status: 3)
                #expect(late.contains("the answer is relative to it"), "\(late)")
                #expect(late.contains("\"late\" of shop is \"2\""))
                #expect(late.contains("the same call would have been told nil"))
                let causes = late.split(separator: "\n").filter { $0.contains("─ ") }
                // And what says that a place of the snapshot is filled: it may be of this key.
                #expect(causes.count <= 3, "\(late)")
                #expect(causes.last?.contains("point(\"late\" at ") ?? false, "\(late)")
            }
        }
    }
}
