import ADO
import ADOObjects
import Foundation
import MultiPaxos
import TestSupport
import Testing

private let peersVariable = "ADO_TEST_CLIENT_PEERS"
private let pushVariable = "ADO_TEST_CLIENT_PUSHES"

extension `Real servers` {
    @Suite struct `left by a client that is killed` {
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
        }

        /// Starts this test program once more, to run the one test that is a client.
        private func startClient(_ cluster: ServerCluster, pushes: Bool) throws -> ChildProcess {
            try ChildProcess(
                "/proc/self/exe",
                ["--testing-library", "swift-testing", "--filter", "writes until it is killed"],
                environment: [peersVariable: cluster.peers, pushVariable: pushes ? "1" : "0"])
        }

        /// With calls, a server owns what the client wrote; with pushes, the client itself does.
        @Test(arguments: [false, true])
        func `keep what it was told, and serve the others`(pushes: Bool) async throws {
            let cluster = try await ServerCluster.start(in: directory)
            let killed = try startClient(cluster, pushes: pushes)
            try await cluster.withClient { client throws in
                let ledger = try await Writers.run(2, on: client) { writers throws in
                    try await poll(until: "the client was told of 20 writes") {
                        try #require(killed.isRunning, "\(killed.standardOutput)")
                        return acknowledged(killed).count >= 20
                    }
                    killed.send(SIGKILL)
                    _ = try await killed.exit()
                    try await writers.waitForProgress()
                }
                let state = client.object(KeyValue.self, named: "of the killed")
                let told = acknowledged(killed)
                for key in told { #expect(try await state.call(.get(key)) == "value of \(key)") }
                // One more may be there, whose acknowledgement it did not live to print.
                #expect(try await state.call(.count) <= told.count + 1)
                try await cluster.verify(ledger, client)
            }
            try await cluster.stop()
        }

        private func acknowledged(_ client: ChildProcess) -> [String] {
            client.standardOutput.split(separator: "\n").compactMap { line in
                line.hasPrefix("told ") ? String(line.dropFirst(5)) : nil
            }
        }
    }
}

@Suite struct `A client process` {
    private static let peers = ProcessInfo.processInfo.environment[peersVariable]
    private static let pushes = ProcessInfo.processInfo.environment[pushVariable] == "1"

    @Test(.enabled(if: peers != nil, "is started by the test that kills it"))
    func `writes until it is killed`() async throws {
        let peers = try #require(Self.peers)
        let client = try await Cluster.connect(
            to: peers.split(separator: ",").map { String($0) }, cluster: ServerCluster.name)
        let keys = client.object(KeyValue.self, named: "of the killed")
        for number in 1... {
            let method = Call<KeyValue, String?>.set("\(number)", to: "value of \(number)")
            if Self.pushes {
                if number == 1 { try await keys.pull() }
                try keys.invoke(method)
                try await keys.push()
            } else {
                try await keys.call(method)
            }
            print("told \(number)")
            fflush(nil)
        }
    }
}
