import FaultTools
import Foundation
import TestSupport
import Testing

extension `Real servers` {
    @Suite struct `watched at every flush` {
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
        }

        private func log(of node: UInt64) -> String { directory.path("calls-\(node)") }

        /// Runs servers under load, has one take over from another, and checks what they did.
        private func check(flush: String) async throws -> DurabilityChecker {
            let shim = try await Shim.library("durable")
            let cluster = try await ServerCluster.start(in: directory) { node in
                let more = ["ADO_SHIM_LOG": log(of: node), "ADO_SHIM_FLUSH": flush]
                return ShimSource.environment(shim, more)
            }
            try await cluster.withClient { client throws in
                let ledger = try await Writers.run(on: client) { writers throws in
                    try await writers.waitForProgress(40)
                    let owner = try await cluster.owner(of: Writers.keys, client)
                    try await cluster.pause([owner])
                    try await writers.waitForProgress(10)
                    cluster.send(SIGCONT, to: owner)
                    try await writers.waitForProgress(40)
                }
                try await cluster.verify(ledger, client)
            }
            try await cluster.stop()
            let calls = try cluster.nodes.map { ($0, try SystemCall.readLog(at: log(of: $0))) }
            return DurabilityChecker(Dictionary(uniqueKeysWithValues: calls))
        }

        @Test func `tell nobody of anything that is not durable`() async throws {
            let checker = try await check(flush: "real")
            #expect(checker.violations.isEmpty, "\(checker.violations.prefix(5))")
            // Two objects, each pulled by two servers at least: a promise is sent to whoever pulls.
            #expect(checker.tally.promises >= 4)
            #expect(checker.tally.accepteds >= 40)
            #expect(checker.tally.commits >= 1)
            #expect(checker.tally.replies >= 90)
        }

        @Test func `are found out when their disks flush late`() async throws {
            let checker = try await check(flush: "late")
            let kinds = Set(checker.violations.map(\.kind))
            #expect(kinds.contains(WireMessage.Kind.promise))
            #expect(kinds.contains(WireMessage.Kind.accepted))
            #expect(kinds.contains(WireMessage.Kind.reply))
        }
    }
}
