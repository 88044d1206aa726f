import ADO
import ADOObjects
import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    @Suite struct `without a quorum` {
        private let directory: TemporaryDirectory
        private let sum = ObjectName(type: Counter.typeName, name: "sum")

        init() throws {
            directory = try TemporaryDirectory()
        }

        @Test func `say so promptly, and go on when there is one again`() async throws {
            let cluster = try await ServerCluster.start(in: directory)
            try await cluster.withClient { client throws in
                let counter = client.object(Counter.self, named: sum.name)
                #expect(try await counter.call(.add(1)) == 1)
                try await cluster.kill([1, 2])

                let pull = await duration {
                    await #expect(throws: PullFailure.noQuorum) {
                        try await counter.pull(timeout: .seconds(10))
                    }
                }
                #expect(pull < .seconds(8))

                // What was on its way when the servers died may be unknown; what comes now is not.
                var failure: CallFailure?
                let call = await duration {
                    failure = await self.failure(of: counter)
                }
                #expect(failure == .noQuorum)
                #expect(call < .seconds(4))

                try await cluster.restart([1, 2])
                #expect(try await counter.call(.add(1)) == 2)
            }
            try await cluster.stop()
        }

        private func failure(of counter: Handle<Counter>) async -> CallFailure? {
            do throws(CallFailure) {
                try await counter.call(.add(1), policy: .atMostOnce)
                return nil
            } catch {
                return error
            }
        }

        private func duration(_ body: () async -> Void) async -> Duration {
            await ContinuousClock().measure { await body() }
        }

        /// The owner takes a call that it cannot commit while the others sleep.
        ///
        /// - Returns: The request, whose outcome is unknown.
        private func unknownRequest(
            _ counter: Handle<Counter>, asleep: [UInt64], _ cluster: ServerCluster
        ) async throws -> Request {
            try await cluster.pause(asleep)
            let failure = await failure(of: counter)
            guard case .unknown(let request)? = failure else {
                throw UnexpectedOutcome(failure: failure)
            }
            return request
        }

        private struct UnexpectedOutcome: Error {
            let failure: CallFailure?
        }

        private func withImpatientClient(
            _ cluster: ServerCluster,
            _ body: (Cluster, Handle<Counter>, _ owner: UInt64) async throws -> Void
        ) async throws {
            var options = try cluster.clientOptions()
            options.callTimeout = .milliseconds(300)
            try await cluster.withClient(options) { client throws in
                let counter = client.object(Counter.self, named: sum.name)
                #expect(try await counter.call(.add(1)) == 1)
                try await body(client, counter, cluster.owner(of: sum, client))
            }
        }

        /// The others wake up, and take the call that waits in their sockets or elect an owner.
        ///
        /// Either way the settled outcome is the truth.
        @Test func `leave an unknown outcome, which settles as what became of it`() async throws {
            let cluster = try await ServerCluster.start(in: directory)
            try await withImpatientClient(cluster) { client, counter, owner throws in
                let others = cluster.nodes.filter { $0 != owner }
                let request = try await unknownRequest(counter, asleep: others, cluster)
                for node in others { cluster.send(SIGCONT, to: node) }
                let settled = try await counter.settle(
                    request, as: Int.self, deadline: .seconds(10))
                let value = try await counter.call(.value)
                #expect(
                    (settled == .done(2) && value == 2) || (settled == .cancelled && value == 1),
                    "settled as \(settled), and the sum is \(value)")
                try await cluster.waitUntilAgreed(on: sum, client)
            }
            try await cluster.stop()
        }

        /// Only the owner has the call, and it is dead when the request is settled.
        ///
        /// When it comes back with the call in its log, the call must not be done after all.
        @Test func `leave an unknown outcome, which settles as cancelled`() async throws {
            let cluster = try await ServerCluster.start(in: directory)
            try await withImpatientClient(cluster) { client, counter, owner throws in
                let others = cluster.nodes.filter { $0 != owner }
                let request = try await unknownRequest(counter, asleep: others, cluster)
                try await cluster.kill(cluster.nodes)
                try await cluster.restart(others)
                let settled = try await counter.settle(
                    request, as: Int.self, deadline: .seconds(10))
                #expect(settled == .cancelled)
                try await cluster.restart([owner])
                try await cluster.waitUntilAgreed(on: sum, client)
                #expect(try await counter.call(.value) == 1)
                #expect(try await counter.call(.add(1)) == 2)
            }
            try await cluster.stop()
        }
    }
}
