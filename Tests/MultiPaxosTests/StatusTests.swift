import ADO
import ADOObjects
import MultiPaxos
import TestSupport
import Testing

extension `A cluster in one process` {
    @Suite struct `tells its status` {
        @Test func `in one message, however long the names of its objects are`() async throws {
            try await withCluster(replicas: 1) { cluster, replicas in
                replicas.types.host(Counter.self)
                // One client knows of a thousand objects at most.
                for number in 0..<4 {
                    try await withClient(of: replicas) { try await open(850, number, on: $0) }
                }
                let status = try await cluster.client.status(of: 1, timeout: .seconds(30))
                #expect(status.objectCount >= 3_400)
                #expect(status.objects.count > 2_000 && status.objects.count < 3_400)
            }
        }

        /// A reader adds to what it is told, and must not be brought down by it.
        @Test func `that cannot be is not believed`() async throws {
            try await withCluster(replicas: 1) { cluster, _ in
                let status = try await cluster.client.status(of: 1, timeout: .seconds(30))
                #expect(try NodeStatus.decoded(from: status.encoded()) == status)
                let lies: [WritableKeyPath<NodeStatus, UInt64>] = [
                    \.disk.bytesUsed, \.disk.bytesAllocated, \.objectCount,
                    \.vote.objectsWithout, \.counters.flushMicroseconds,
                ]
                for path in lies {
                    var lie = status
                    lie[keyPath: path] = .max
                    #expect(throws: DecodingFailure.malformed) {
                        try NodeStatus.decoded(from: lie.encoded())
                    }
                }
            }
        }

        /// Each object has a log once a session was opened in it.
        private func open(_ count: Int, _ number: Int, on node: Node) async throws {
            let prefix = String(repeating: "a long name ", count: 19)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for object in 0..<count {
                    if object >= 64 { try await group.next() }
                    group.addTask {
                        try await Pipeline.open(
                            Counter.self, named: "\(prefix)\(number) \(object)", on: node
                        ) { _, _ in }.close()
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
