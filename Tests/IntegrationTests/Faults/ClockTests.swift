import FaultTools
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// Row 14 of the fault matrix.
    @Suite struct `with wrong clocks` {
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
        }

        /// Runs servers, each with a shim told by `clock`, kills the owner, and verifies all.
        private func check(_ clock: @escaping @Sendable (UInt64) -> [String: String]) async throws {
            let shim = try await Shim.library("clock")
            try await ServerCluster.run(
                in: directory, environment: { ShimSource.environment(shim, clock($0)) }
            ) { cluster, client throws in
                try await cluster.underLoad(client) { writers, owner throws in
                    #expect(try await cluster.owner(of: Writers.keys, client) == owner)
                    try await cluster.kill([owner])
                    try await writers.waitForProgress(within: elections(3))
                    try await cluster.restart([owner])
                }
                for node in cluster.nodes where clock(node)["ADO_SHIM_CLOCK_JUMP"] != nil {
                    let years = Set(
                        cluster.log(of: node).split(separator: "\n").map { $0.prefix(4) })
                    #expect(years.count > 1, "the shim was not asked: \(years)")
                }
            }
        }

        @Test func `take no notice of a time of day that jumps by years`() async throws {
            try await check { node in
                node == 3 ? [:] : ["ADO_SHIM_CLOCK_JUMP": "\(node * 100_000_000)"]
            }
        }

        @Test func `bear clocks that run a tenth too fast and too slow`() async throws {
            try await check { node in
                switch node {
                case 1: ["ADO_SHIM_CLOCK_RATE": "110"]
                case 2: ["ADO_SHIM_CLOCK_RATE": "90"]
                default: [:]
                }
            }
        }
    }
}
