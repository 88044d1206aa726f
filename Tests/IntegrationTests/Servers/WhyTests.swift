import ADO
import ADOObjects
import Foundation
import MultiPaxos
import TestSupport
import Testing

extension `Real servers` {
    /// `adoctl why`, asked about the log of three real servers.
    @Suite struct `asked why` {
        private let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
        }

        private func why(_ arguments: [String]) async throws -> ChildProcess {
            let adoctl = try ChildProcess(Products.path("adoctl"), ["why"] + arguments)
            _ = try await adoctl.exit()
            return adoctl
        }

        @Test func `explain a reply by the writes behind it, whoever owned`() async throws {
            try await ServerCluster.run(in: directory) { cluster, client in
                let settings = client.object(KeyValue.self, named: "settings")
                try await settings.call(.set("mode", to: "safe"))
                try await settings.call(.set("other", to: "1"))
                let owner = try await cluster.owner(of: settings.name, client)
                try await cluster.kill([owner])
                try await settings.call(.set("mode", to: "fast"))
                try await cluster.restart([owner])
                let last = try await index(of: .set("mode", to: "fast"), in: settings)
                let first = try await index(of: .set("mode", to: "safe"), in: settings)
                let place = ["--peers", cluster.peers, "--cluster", ServerCluster.name]
                let answer = try await why(["settings@\(last)"] + place)
                #expect(try await answer.exit() == .status(0), "\(answer.standardError)")
                let reply = #"set("mode", to: "fast") replied "\"safe"#
                #expect(answer.standardOutput.contains(reply))
                #expect(answer.standardOutput.contains("\(first)  set(\"mode\", to: \"safe\")"))
                let causes = answer.standardOutput.split(separator: "\n").filter {
                    $0.contains("─")
                }
                #expect(!causes.contains { $0.contains("other") })
                #expect(answer.standardOutput.contains("had seen KeyValue/settings@"))
                let json = try await why(["KeyValue/settings@\(last)", "--format", "json"] + place)
                #expect(json.standardOutput.contains("\"verdict\" : \"exact\""))
                try await expectRefusals(settings, place, last)
            }
        }

        private func expectRefusals(
            _ settings: Handle<KeyValue>, _ place: [String], _ last: UInt64
        ) async throws {
            let beyond = try await why(["settings@\(last + 1000)"] + place)
            #expect(try await beyond.exit() == .status(4))
            #expect(beyond.standardError.contains("is committed up to"))
            let unknown = try await why(["nothing@1"] + place)
            #expect(try await unknown.exit() == .status(1))
            #expect(unknown.standardError.contains("no server knows an object 'nothing'"))
            let barrier = try await why(["settings@1"] + place)
            #expect(try await barrier.exit() == .status(1))
            #expect(barrier.standardError.contains("entry 1 calls no method"))
        }

        /// Where the log holds a method.
        private func index(
            of method: KeyValue.Method, in handle: Handle<KeyValue>
        ) async throws -> UInt64 {
            for try await element in handle.changes() {
                guard case .change(let change) = element, change.method == method else { continue }
                return change.index
            }
            return 0
        }
    }
}
