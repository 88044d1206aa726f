import ADO
import Foundation
import MultiPaxos
import Synchronization
import TestSupport
import Testing

@Suite struct `A node` {
    @Test func `refuses options that cannot be right`() throws {
        let voter = NodeOptions.Voter(node: 1, host: "127.0.0.1", port: 7101)
        let wrong = [
            NodeOptions(voters: []),
            NodeOptions(cluster: "", voters: [voter]),
            NodeOptions(cluster: String(repeating: "x", count: 64), voters: [voter]),
            NodeOptions(voters: [voter, voter]),
            NodeOptions(voters: [.init(node: 0, host: "a", port: 1)]),
            NodeOptions(voters: [.init(node: 1, host: "", port: 1)]),
            NodeOptions(voters: [.init(node: 1, host: "a", port: 0)]),
            NodeOptions(voters: (1...10).map { .init(node: $0, host: "a", port: 1) }),
            NodeOptions(node: 2, voters: [voter], data: "/nowhere"),
            NodeOptions(node: 1, voters: [voter]),
            NodeOptions(voters: [voter], data: "/nowhere"),
        ]
        for options in wrong {
            let error = #expect(throws: NodeError.self) { try Node.start(options) }
            #expect(error?.code == .invalidOptions)
        }
    }

    @Test func `reads a list of peers`() throws {
        let list = try NodeOptions.Voter.list("1=10.0.0.1:7101,2=[::1]:7102,7=db.example:1")
        #expect(list.map(\.node) == [1, 2, 7])
        #expect(list.map(\.host) == ["10.0.0.1", "::1", "db.example"])
        #expect(list.map(\.port) == [7101, 7102, 1])
        #expect(try NodeOptions.Voter.list(["a:1", "b:2"]).map(\.node) == [1, 2])
    }

    @Test(arguments: ["", "1=", "1=host", "x=host:1", "1=host:0", "1=host:65536", "1=:1", "1=a:1,"])
    func `refuses a list of peers that is none`(text: String) {
        let error = #expect(throws: NodeError.self) { try NodeOptions.Voter.list(text) }
        #expect(error?.code == .invalidOptions)
    }

    @Test func `refuses a directory that was not formatted for it`() throws {
        try TemporaryDirectory.with { directory in
            let voter = NodeOptions.Voter(node: 1, host: "127.0.0.1", port: 1)
            let data = directory.path("node")
            func start(cluster: String, node: UInt64, data: String) -> NodeError? {
                let voters = [voter, .init(node: 2, host: "127.0.0.1", port: 2)]
                let options = NodeOptions(cluster: cluster, node: node, voters: voters, data: data)
                return #expect(throws: NodeError.self) {
                    let listener = try Listener.bind(host: "127.0.0.1", port: 0)
                    _ = try Node.start(options, listener: listener)
                }
            }
            #expect(start(cluster: "ado", node: 1, data: data) != nil)
            #expect(!FileManager.default.fileExists(atPath: data))
            try Node.format(directory: data, cluster: "ado", node: 1)
            #expect(start(cluster: "ado", node: 2, data: data)?.code == .foreignDirectory)
            #expect(start(cluster: "other", node: 1, data: data)?.code == .foreignDirectory)
            let again = #expect(throws: NodeError.self) {
                try Node.format(directory: data, cluster: "ado", node: 1)
            }
            #expect(again?.code == .foreignDirectory)
        }
    }

    @Test func `refuses a port that is in use`() throws {
        let listener = try Listener.bind(host: "127.0.0.1", port: 0)
        let port = listener.port
        let error = #expect(throws: NodeError.self) {
            _ = try Listener.bind(host: "127.0.0.1", port: port)
        }
        #expect(error?.code == .inUse)
    }

    @Test func `says that no server answers`() async throws {
        // A port that was free a moment ago, and that nobody listens on.
        let port = try Listener.bind(host: "127.0.0.1", port: 0).port
        let error = await #expect(throws: NodeError.self) {
            try await Cluster.connect(
                to: ["127.0.0.1:\(port)"], timeout: .milliseconds(100))
        }
        #expect(error?.code == .unreachable)
        #expect(error?.message.contains("127.0.0.1:\(port)") == true)
    }

    @Test func `runs jobs on its loop thread`() async throws {
        let port = try Listener.bind(host: "127.0.0.1", port: 0).port
        let node = try Node.start(
            NodeOptions(voters: [.init(node: 1, host: "127.0.0.1", port: port)]))
        #expect(!node.isOnLoop)
        let isOnLoop = try await withCheckedThrowingContinuation { continuation in
            do {
                try node.run { continuation.resume(returning: node.isOnLoop) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
        #expect(isOnLoop)
        await node.shutdown()
        #expect(throws: NodeError.self) { try node.run {} }
        await #expect(throws: NodeError.self) { try await node.status() }
    }

    @Test func `stops the process when it is let go while running`() async {
        await #expect(processExitsWith: .failure) {
            let voter = NodeOptions.Voter(node: 1, host: "127.0.0.1", port: 1)
            _ = try Node.start(NodeOptions(voters: [voter]))
        }
    }

    @Test func `leaves nothing behind`() async throws {
        let result = try await #require(
            processExitsWith: .success, observing: [\.standardErrorContent]
        ) {
            func count(_ path: String) throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: path).count
            }
            func round() async throws {
                let cluster = try await Cluster.embedded(replicas: 3)
                await cluster.shutdown()
            }
            let parent = try TemporaryDirectory()
            setenv("TMPDIR", parent.path, 1)
            // The first rounds open what the process keeps, such as threads of the runtime's pools.
            for _ in 0..<2 { try await round() }
            let before = try (count("/proc/self/fd"), count("/proc/self/task"))
            for _ in 0..<6 { try await round() }
            // A leak of one thing per cluster is 6; pools may come to grow by a few threads.
            try await poll(until: "descriptors are closed, \(before.0) were open") {
                try count("/proc/self/fd") < before.0 + 3
            }
            try await poll(until: "threads have ended, \(before.1) were there") {
                try count("/proc/self/task") < before.1 + 6
            }
            let left = try count(parent.path)
            precondition(left == 0, "\(left) directories were left behind")
        }
        #expect(String(decoding: result.standardErrorContent, as: UTF8.self) == "")
    }
}
