import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// What an operator gets wrong: one sentence with the remedy, a status, nothing written.
    @Suite struct `given bad arguments` {
        private let directory: TemporaryDirectory
        private let data: String

        init() throws {
            directory = try TemporaryDirectory()
            data = directory.path("data")
        }

        private func format(node: UInt64 = 1, cluster: String = "ado") throws {
            try Node.format(directory: data, cluster: cluster, node: node)
        }

        private func peers() throws -> String {
            let ports = try Loopback.freePorts(3)
            return "1=127.0.0.1:\(ports[0]),2=127.0.0.1:\(ports[1]),3=127.0.0.1:\(ports[2])"
        }

        private func arguments(node: String = "1", peers: String? = nil) throws -> [String] {
            try ["--node", node, "--peers", peers ?? self.peers(), "--data", data]
        }

        /// What is in the directory, byte by byte, but for the lock.
        private func contents() throws -> [String: Data?] {
            let url = URL(filePath: data)
            let names = (try? FileManager.default.contentsOfDirectory(atPath: data)) ?? []
            let pairs = names.filter { $0 != "LOCK" && $0 != "lock.mdb" }.map {
                ($0, try? Data(contentsOf: url.appending(path: $0)))
            }
            return Dictionary(uniqueKeysWithValues: pairs)
        }

        /// Runs adod, which must refuse with this status and a sentence that says all of `words`.
        private func refuses(
            _ arguments: [String], status: Int32, _ words: String...,
            prefix: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let before = try contents()
            let command = prefix + [Products.path("adod")] + arguments
            let adod = try ChildProcess(command[0], Array(command.dropFirst()))
            let exit = try await adod.exit(within: .seconds(10))
            #expect(exit == .status(status), sourceLocation: sourceLocation)
            for word in words {
                #expect(adod.standardError.contains(word), sourceLocation: sourceLocation)
            }
            #expect(adod.standardOutput == "", sourceLocation: sourceLocation)
            #expect(try contents() == before, sourceLocation: sourceLocation)
        }

        /// The sentence stands alone on the standard error.
        private func refusesInOneLine(
            _ arguments: [String], status: Int32, _ words: String...,
            prefix: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let before = try contents()
            let command = prefix + [Products.path("adod")] + arguments
            let adod = try ChildProcess(command[0], Array(command.dropFirst()))
            let exit = try await adod.exit(within: .seconds(10))
            #expect(exit == .status(status), sourceLocation: sourceLocation)
            let lines = adod.standardError.split(separator: "\n")
            #expect(lines.count == 1, "\(adod.standardError)", sourceLocation: sourceLocation)
            for word in words {
                #expect(adod.standardError.contains(word), sourceLocation: sourceLocation)
            }
            #expect(try contents() == before, sourceLocation: sourceLocation)
        }

        @Test func `refuse a wrong flag`() async throws {
            try await refuses(arguments() + ["--nodes", "1"], status: 64, "--nodes")
        }

        @Test func `refuse a missing flag`() async throws {
            try await refuses(["--node", "1"], status: 64, "--peers")
        }

        @Test func `refuse a node id that is no number`() async throws {
            try await refuses(arguments(node: "one"), status: 64, "one")
        }

        @Test func `refuse a peer list that is none`() async throws {
            try format()
            try await refusesInOneLine(
                arguments(peers: "localhost"), status: 64, "localhost", "id=host:port")
        }

        @Test func `refuse a node id that is in the peer list twice`() async throws {
            try format()
            let ports = try Loopback.freePorts(2)
            let twice = "1=127.0.0.1:\(ports[0]),1=127.0.0.1:\(ports[1])"
            try await refusesInOneLine(arguments(peers: twice), status: 64, "1", "twice")
        }

        @Test func `refuse a node that is not in the peer list`() async throws {
            try format(node: 4)
            try await refusesInOneLine(arguments(node: "4"), status: 64, "4", "peer")
        }

        @Test func `refuse a directory that does not exist`() async throws {
            try await refusesInOneLine(arguments(), status: 74, "does not exist", "adod format")
            #expect(!FileManager.default.fileExists(atPath: data))
        }

        @Test func `refuse a directory that is not formatted`() async throws {
            try FileManager.default.createDirectory(
                atPath: data, withIntermediateDirectories: true)
            try await refusesInOneLine(arguments(), status: 1, "not formatted", "adod format")
            #expect(try FileManager.default.contentsOfDirectory(atPath: data) == [])
        }

        @Test func `refuse the directory of another node`() async throws {
            try format(node: 2)
            try await refusesInOneLine(arguments(), status: 1, "belongs to node 2", "--node 2")
        }

        @Test func `refuse the directory of another cluster`() async throws {
            try format(cluster: "other")
            try await refusesInOneLine(
                arguments() + ["--cluster", "ado"], status: 1, "belongs to cluster \"other\"",
                "--cluster other")
        }

        @Test func `refuse a directory that another server uses`() async throws {
            let cluster = try await ServerCluster.start(in: directory)
            let arguments = [
                "--cluster", ServerCluster.name, "--node", "1", "--peers", try peers(),
                "--data", cluster.data(of: 1),
            ]
            try await refusesInOneLine(arguments, status: 1, "in use by another process", "Stop")
            try await cluster.stop()
        }

        @Test func `refuse a port that is in use`() async throws {
            try format()
            let ports = try Loopback.freePorts(3)
            let listener = try RawSocket(listeningOn: ports[0])
            let taken = "1=127.0.0.1:\(ports[0]),2=127.0.0.1:\(ports[1]),3=127.0.0.1:\(ports[2])"
            try await refusesInOneLine(arguments(peers: taken), status: 1, "\(ports[0])", "in use")
            listener.close()
        }

        private static let unprivileged = ["/usr/bin/setpriv", "--reuid=65534", "--clear-groups"]

        /// Root may write everywhere, so that root's tests become nobody first.
        private static var canBeRefused: Bool {
            getuid() != 0 || FileManager.default.isExecutableFile(atPath: unprivileged[0])
        }

        @Test(.enabled(if: canBeRefused, "needs setpriv, to stop being root"))
        func `refuse a directory that is read-only`() async throws {
            try format()
            for name in try FileManager.default.contentsOfDirectory(atPath: data) {
                chmod(data + "/" + name, 0o444)
            }
            chmod(data, 0o555)
            try await refusesInOneLine(
                arguments(), status: 74, "not writable", "permission",
                prefix: getuid() == 0 ? Self.unprivileged : [])
            chmod(data, 0o755)
        }

        @Test func `format a directory once`() async throws {
            let arguments = ["format", "--cluster", "ado", "--node", "1", "--data", data]
            let format = try ChildProcess(Products.path("adod"), arguments)
            #expect(try await format.exit() == .status(0))
            try await refusesInOneLine(arguments, status: 1, "formatted already")
        }

        @Test func `format nothing over other files`() async throws {
            try FileManager.default.createDirectory(
                atPath: data, withIntermediateDirectories: true)
            try Data("mine".utf8).write(to: URL(filePath: data + "/letter"))
            try await refusesInOneLine(
                ["format", "--cluster", "ado", "--node", "1", "--data", data], status: 1,
                "letter", "empty")
        }
    }
}
