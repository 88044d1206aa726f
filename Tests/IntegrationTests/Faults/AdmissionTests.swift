import ADO
import ADOObjects
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// A directory votes once more than half of the other voters know it, and only then.
    @Suite struct `with new directories` {
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
        }

        @Test func `have no vote until their peers know them, and keep it then`() async throws {
            let cluster = try await ServerCluster.start(in: directory, started: [1, 2])
            try await cluster.withClient { client throws in
                let counter = client.object(Counter.self, named: "sum")
                await #expect(throws: PullFailure.noQuorum) {
                    try await counter.pull(timeout: .milliseconds(500))
                }
                #expect(!cluster.log(of: 1).contains("votes from now on"))
                try await cluster.restart([3])
                #expect(try await counter.call(.add(1)) == 1)
            }
            try await cluster.stop()

            try await cluster.restart([1, 2])
            try await cluster.withClient { client throws in
                let counter = client.object(Counter.self, named: "sum")
                #expect(try await counter.call(.add(1)) == 2)
            }
            try await cluster.stop()
        }
    }
}
