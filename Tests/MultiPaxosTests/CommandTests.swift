import ADO
import ADOObjects
import Foundation
import MultiPaxos
import TestSupport
import Testing

@Suite(.serialized) struct `The commands` {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test(arguments: [
        ["--bogus"], ["--node", "1"], ["--node", "x", "--peers", "1=a:1", "--data", "d"],
        ["--node", "1", "--peers", "nonsense", "--data", "d"],
        ["--node", "2", "--peers", "1=127.0.0.1:1", "--data", "d"],
        ["--node", "1", "--peers", "1=127.0.0.1:1,1=127.0.0.1:2", "--data", "d"],
        ["--node", "1", "--peers", "1=127.0.0.1:1", "--data", "d", "--election-timeout-ms", "1"],
        ["--node", "1", "--peers", "1=127.0.0.1:1", "--data", "d", "--trace-limit", "0"],
        ["format", "--node", "1", "--data", "d"],
        ["format", "--node", "0", "--data", "d", "--cluster", "ado"],
        ["format", "--node", "1", "--data", "d", "--cluster", ""],
    ])
    func `refuse wrong usage with a sentence and status 64`(arguments: [String]) async throws {
        let data = directory.path("d")
        let arguments = arguments.map { $0 == "d" ? data : $0 }
        let adod = try ChildProcess(Products.path("adod"), arguments)
        #expect(try await adod.exit() == .status(64))
        #expect(!adod.standardError.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: data))
    }

    @Test func `refuse a directory that is not this server's`() async throws {
        let data = directory.path("node")
        let peers = ["--peers", "1=127.0.0.1:\(try freePort()),2=127.0.0.1:1"]
        try await expectRefusal(
            ["--node", "1", "--data", data] + peers, saying: "adod format", status: 74)
        #expect(!FileManager.default.fileExists(atPath: data))

        let format = ["format", "--cluster", "ado", "--node", "1", "--data", data]
        #expect(try await ChildProcess(Products.path("adod"), format).exit() == .status(0))
        try await expectRefusal(format, saying: data)
        try await expectRefusal(
            ["--node", "1", "--cluster", "other", "--data", data] + peers, saying: "cluster")
    }

    @Test func `refuse a port or a directory in use`() async throws {
        let servers = try await Servers(1, in: directory)
        let other = directory.path("other")
        let format = ["format", "--cluster", "ado", "--node", "1", "--data", other]
        #expect(try await ChildProcess(Products.path("adod"), format).exit() == .status(0))
        try await expectRefusal(
            ["--node", "1", "--data", other, "--peers", servers.peers], saying: "in use")
        let peers = "1=127.0.0.1:\(try freePort())"
        try await expectRefusal(
            ["--node", "1", "--data", servers.data(1), "--peers", peers], saying: "in use")
        try await servers.stop(1)
    }

    @Test func `refuse a trace where no file can be`() async throws {
        let data = directory.path("node")
        let format = ["format", "--cluster", "ado", "--node", "1", "--data", data]
        #expect(try await ChildProcess(Products.path("adod"), format).exit() == .status(0))
        let trace = directory.path("missing/node-1.trace")
        try await expectRefusal(
            [
                "--node", "1", "--data", data, "--peers", "1=127.0.0.1:\(try freePort())",
                "--trace", trace,
            ], saying: "\(trace): No such file or directory; name a file in a directory")
    }

    @Test func `serve until they are asked to stop, and again`() async throws {
        var servers = try await Servers(3, in: directory)
        for id in 1...3 {
            try await servers.stop(id, with: id == 2 ? SIGINT : SIGTERM)
        }
        servers = try await Servers(3, in: directory, formats: false)
        let adoctl = try ChildProcess(
            Products.path("adoctl"), ["status", "--peers", servers.peers])
        #expect(try await adoctl.exit() == .status(0))
        for id in 1...3 { try await servers.stop(id) }
    }

    @Test func `show what answers and what does not`() async throws {
        let servers = try await Servers(3, in: directory)
        let cluster = try await Cluster.connect(to: servers.addresses)
        let hits = cluster.object(Counter.self, named: "hits")
        let sum = try? await hits.call(.add(3), policy: .exactlyOnce(deadline: .seconds(20)))
        #expect(sum == 3)
        for id: UInt64 in 1...2 {
            try await poll(until: "server \(id) knows that it is committed") {
                (try? await cluster.client.status(of: hits.name, on: id))?.commit ?? 0 >= 2
            }
        }
        await cluster.shutdown()
        try await servers.stop(3)

        let status = ["status", "--peers", servers.peers, "--timeout-ms", "500"]
        let table = try ChildProcess(Products.path("adoctl"), status)
        #expect(try await table.exit() == .status(0))
        let lines = table.standardOutput.split(separator: "\n").map { String($0) }
        #expect(lines.contains { $0.hasPrefix("3 ") && $0.contains("unreachable") })
        #expect(lines.contains { $0.hasPrefix("Counter/hits") && $0.hasSuffix("ok") })

        let json = try ChildProcess(Products.path("adoctl"), status + ["--json"])
        #expect(try await json.exit() == .status(0))
        let value = try JSONSerialization.jsonObject(with: Data(json.standardOutput.utf8))
        let report = try #require(value as? [String: Any])
        let nodes = try #require(report["nodes"] as? [[String: Any]])
        #expect(nodes.map { $0["reachable"] as? Bool } == [true, true, false])
        let objects = try #require(report["objects"] as? [[String: Any]])
        #expect(objects.count == 1)
        #expect(objects.first?["name"] as? String == "hits")
        #expect((objects.first?["commit"] as? Int ?? 0) >= 2)

        for id in 1...2 { try await servers.stop(id) }
        let none = try ChildProcess(Products.path("adoctl"), status)
        #expect(try await none.exit() == .status(1))
        #expect(none.standardError.contains("no server"))
    }

    private func expectRefusal(
        _ arguments: [String], saying word: String, status: Int32 = 1
    ) async throws {
        let adod = try ChildProcess(Products.path("adod"), arguments)
        let exit = try await adod.exit()
        #expect(exit == .status(status), "\(arguments)")
        #expect(adod.standardError.contains(word), "\(adod.standardError)")
        let lines = adod.standardError.split(separator: "\n")
        #expect(lines.count == 1, "\(adod.standardError)")
    }
}

/// A port that is free now, below those that the system gives to outgoing connections.
private func freePort() throws -> UInt16 {
    while true {
        let port = UInt16.random(in: 20_000..<32_768)
        do throws(NodeError) {
            return try Listener.bind(host: "127.0.0.1", port: port).port
        } catch {
            guard error.code == .inUse else { throw error }
        }
    }
}

/// Real servers on free ports.
private struct Servers {
    let addresses: [String]
    let directory: TemporaryDirectory
    let processes: [ChildProcess]

    var peers: String {
        addresses.enumerated().map { "\($0 + 1)=\($1)" }.joined(separator: ",")
    }

    init(_ count: Int, in directory: TemporaryDirectory, formats: Bool = true) async throws {
        self.directory = directory
        addresses = try (0..<count).map { _ in "127.0.0.1:\(try freePort())" }
        let peers = addresses.enumerated().map { "\($0 + 1)=\($1)" }.joined(separator: ",")
        var processes: [ChildProcess] = []
        for id in 1...count {
            let data = directory.path("node-\(id)")
            let node = ["--node", "\(id)", "--data", data]
            if formats {
                let format = ["format", "--cluster", "ado"] + node
                let adod = try ChildProcess(Products.path("adod"), format)
                try #require(try await adod.exit() == .status(0))
            }
            processes.append(
                try ChildProcess(Products.path("adod"), node + ["--peers", peers]))
        }
        self.processes = processes
        for (id, process) in processes.enumerated() {
            try await poll(until: "server \(id + 1) listens") {
                process.standardOutput.contains("node \(id + 1) of cluster ado listens on")
            }
        }
    }

    func data(_ id: Int) -> String { directory.path("node-\(id)") }

    /// Asks a server to stop, and expects that it does so cleanly.
    func stop(_ id: Int, with signal: Int32 = SIGTERM) async throws {
        processes[id - 1].send(signal)
        #expect(try await processes[id - 1].exit() == .status(0))
    }
}
