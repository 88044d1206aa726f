import ADOObjects
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// Names where others give numbers, or nothing.
    @Suite struct `told little` {
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
        }

        @Test func `take the cluster's name from their directories`() async throws {
            let cluster = try await ServerCluster.start(
                in: directory,
                edit: { arguments in
                    guard let name = arguments.firstIndex(of: "--cluster") else { return arguments }
                    var arguments = arguments
                    arguments.removeSubrange(name...name + 1)
                    return arguments
                })
            try await cluster.withClient { client throws in
                let sum = client.object(Counter.self, named: "sum")
                #expect(try await sum.call(.add(1)) == 1)
                let status = try await client.patientStatus(of: 1)
                #expect(status.cluster == ServerCluster.name)
            }
            #expect(cluster.log(of: 1).contains("of cluster \(ServerCluster.name) listens"))
            try await cluster.stop()
        }

        @Test func `find each other by name`() async throws {
            let cluster = try await ServerCluster.start(
                in: directory,
                edit: { arguments in
                    arguments.map { $0.replacing("127.0.0.1", with: "localhost") }
                })
            var options = try cluster.clientOptions()
            for index in options.voters.indices { options.voters[index].host = "localhost" }
            try await cluster.withClient(options) { client throws in
                let sum = client.object(Counter.self, named: "sum")
                #expect(try await sum.call(.add(1)) == 1)
                for node in cluster.nodes { try await cluster.waitUntilConnected(to: node, client) }
            }
            try await cluster.stop()
        }

        @Test func `say whose name nobody knows, and go on trying`() async throws {
            let cluster = try await ServerCluster.start(
                in: directory,
                edit: { arguments in
                    // The one that has the name listens, and so must know it.
                    guard arguments.contains("1") else { return arguments }
                    return arguments.map { $0.replacing("3=127.0.0.1", with: "3=nobody.invalid") }
                })
            try await poll(until: "node 1 says whom it cannot find") {
                cluster.log(of: 1).contains("cannot reach node 3 at nobody.invalid")
            }
            try await cluster.stop()
        }
    }
}
