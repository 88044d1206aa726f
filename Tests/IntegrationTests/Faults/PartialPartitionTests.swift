import MultiPaxos
import TestSupport
import Testing

/// Which of five servers hear each other, given who owns what is written.
struct LinkGraph: Sendable, CustomTestStringConvertible {
    let testDescription: String

    /// The groups whose members hear each other, by position; position 0 is the owner.
    let groups: [[Int]]

    /// Whoever is alone at first, and so falls behind.
    var lagging: Int?

    static let all = [
        LinkGraph(
            testDescription: "everybody hears one hub, which is not the owner",
            groups: [[0, 1], [1, 2], [1, 3], [1, 4]]),
        LinkGraph(
            testDescription: "the owner is cut off, and only one that lags behind hears a quorum",
            groups: [[1, 2], [1, 3], [1, 4]], lagging: 1),
        LinkGraph(
            testDescription: "a chain, whose end does not hear the owner",
            groups: [[0, 1], [1, 2], [2, 3], [3, 4]]),
        LinkGraph(
            testDescription: "two groups of three overlap, and a chain leaves them",
            groups: [[0, 1, 2], [1, 2, 4], [3, 4], [0, 3]]),
        LinkGraph(
            testDescription: "a ring, in which each hears a different majority",
            groups: [[0, 1], [1, 2], [2, 3], [3, 4], [4, 0]]),
        LinkGraph(
            testDescription: "one server is the bridge between two pairs",
            groups: [[0, 1, 2], [2, 3, 4]]),
    ]
}

extension `Real servers` {
    /// Row 9 of the fault matrix: somebody hears a quorum, but not everybody hears everybody.
    @Suite struct `that hear each other in part` {
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
        }

        @Test(arguments: LinkGraph.all) func `find somebody to serve, and keep it`(
            graph: LinkGraph
        ) async throws {
            try await ServerCluster.run(replicas: 5, links: true, in: directory) {
                cluster, client throws in
                let links = try #require(cluster.links)
                try await cluster.underLoad(client) { writers, owner throws in
                    let places = [owner] + cluster.others(than: owner)
                    if let lagging = graph.lagging {
                        links.separate([places[lagging]], .silent)
                        try await writers.waitForProgress()
                    }
                    links.leave(graph.groups.map { $0.map { places[$0] } }, .silent)
                    try await writers.waitForProgress(within: elections(4))
                    try await keepsServing(cluster, client, writers)
                    links.mend()
                    try await cluster.waitUntilSettled(client)
                }
            }
        }

        /// Some server keeps the keys while more is written: nobody deposes another for ever.
        private func keepsServing(
            _ cluster: ServerCluster, _ client: Cluster, _ writers: Writers
        ) async throws {
            try await poll(until: "one server keeps the keys") {
                let before = try await cluster.ballot(of: Writers.keys, client)
                try await writers.waitForProgress(50, within: elections(4))
                return try await cluster.ballot(of: Writers.keys, client) == before
            }
        }
    }
}
