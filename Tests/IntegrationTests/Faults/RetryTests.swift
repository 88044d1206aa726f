import ADO
import ADOObjects
import FaultTools
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// Row 31 of the fault matrix; `ClientCrashTests` has the client that dies.
    @Suite struct `asked again by a client` {
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
        }

        /// The call arrives, its answer does not: what the client then hears elsewhere must be the
        /// answer to the first time.
        @Test(arguments: Network.Break.allCases)
        func `that lost the answer, do it once`(how: Network.Break) async throws {
            try await ServerCluster.run(links: true, in: directory) { cluster, _ throws in
                var options = try cluster.clientOptions()
                options.callTimeout = .seconds(1)
                try await cluster.withClient(options) { client throws in
                    try await loseAnswer(how, cluster, client)
                }
            }
        }

        private func loseAnswer(
            _ how: Network.Break, _ cluster: ServerCluster, _ client: Cluster
        ) async throws {
            let links = try #require(cluster.links)
            let name = ObjectName(type: Counter.typeName, name: "sum")
            let sum = client.object(Counter.self, named: name.name)
            #expect(try await sum.call(.add(1)) == 1)
            let owner = try await cluster.owner(of: name, client)
            links.setEntrance(of: owner, .silence, .back)
            let answer = Task {
                try await sum.call(.add(10), policy: .exactlyOnce(deadline: .seconds(15)))
            }
            try await cluster.withClient(direct(cluster)) { other throws in
                let counter = other.object(Counter.self, named: name.name)
                try await poll(until: "the call is done") {
                    try await counter.call(.value) == 11
                }
                if how == .cut { links.cutEntrance(of: owner) }
                #expect(try await answer.value == 11)
                #expect(try await counter.call(.value) == 11)
            }
        }

        /// What is unknown to the client that called is settled by another, elsewhere.
        @Test func `through another server, say what became of it`() async throws {
            try await ServerCluster.run(links: true, in: directory) { cluster, client throws in
                let name = ObjectName(type: Counter.typeName, name: "sum")
                let sum = client.object(Counter.self, named: name.name)
                #expect(try await sum.call(.add(1)) == 1)
                let owner = try await cluster.owner(of: name, client)
                let followers = cluster.others(than: owner)
                let request = try await unknownRequest(through: followers[0], cluster)
                try await poll(until: "the call is done") { try await sum.call(.value) == 11 }
                let elsewhere = try cluster.clientOptions(reaching: [followers[1]])
                try await cluster.withClient(elsewhere) { other throws in
                    let counter = other.object(Counter.self, named: name.name)
                    #expect(try await counter.settle(request, as: Int.self) == .done(11))
                    #expect(try await counter.call(.value) == 11)
                }
                cluster.links?.mend()
                try await cluster.waitUntilAgreed(on: name, client)
            }
        }

        private func unknownRequest(
            through node: UInt64, _ cluster: ServerCluster
        ) async throws -> Request {
            var options = try cluster.clientOptions(reaching: [node])
            options.callTimeout = .milliseconds(300)
            return try await cluster.withClient(options) { near throws in
                cluster.links?.setEntrance(of: node, .silence, .back)
                do throws(CallFailure) {
                    let sum = near.object(Counter.self, named: "sum")
                    try await sum.call(.add(10), policy: .atMostOnce)
                } catch .unknown(let request) {
                    return request
                }
                throw AnsweredAnyway()
            }
        }

        /// An answer came through a link that carries none.
        private struct AnsweredAnyway: Error {}

        private func direct(_ cluster: ServerCluster) throws -> NodeOptions {
            var options = try cluster.clientOptions()
            for index in options.voters.indices {
                options.voters[index].port = cluster.port(of: options.voters[index].node)
            }
            return options
        }
    }
}
