import ADO
import ADOObjects
import MultiPaxos
import TestSupport
import Testing

/// An object whose results no other replica comes to: what the contract of methods forbids.
private struct Dice: AtomicObject {
    enum Method: UInt8, ObjectMethod {
        case roll = 1

        var isReadOnly: Bool { false }
    }

    static let typeName = "Dice"

    mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure) {
        UInt64.random(in: 0...UInt64.max).write(to: &result)
    }

    func writeState(to writer: inout Writer) {}

    static func readState(from reader: inout Reader) throws(DecodingFailure) -> Dice { Dice() }
}

extension `Real servers` {
    /// What `adoctl status` says when something is wrong; `WipedDiskTests` has the lost server.
    @Suite struct `looked at` {
        private func status(_ arguments: [String]) async throws -> String {
            let adoctl = try ChildProcess(Products.path("adoctl"), ["status"] + arguments)
            #expect(try await adoctl.exit() == .status(0), "\(adoctl.standardError)")
            return adoctl.standardOutput
        }

        @Test func `show where replicas came to different results`() async throws {
            let types = TypeRegistry()
            types.host(Dice.self)
            types.host(Counter.self)
            let cluster = try await Cluster.embedded(types: types)
            do {
                try await expectDivergence(of: cluster)
                await cluster.shutdown()
            } catch {
                await cluster.shutdown()
                throw error
            }
        }

        private func expectDivergence(of cluster: Cluster) async throws {
            let peers = (cluster.replicas?.voters ?? []).map { "\($0.node)=\($0.host):\($0.port)" }
            let arguments = ["--peers", peers.joined(separator: ",")]
            let sum = cluster.object(Counter.self, named: "sum")
            try await sum.call(.add(1))
            let roll = Call<Dice, UInt64>(.roll)
            _ = try await cluster.object(Dice.self, named: "dice").call(roll)
            try await poll(until: "the replicas were compared") {
                let lines = try await status(arguments).split(separator: "\n")
                let diverged = lines.filter { $0.contains("DIVERGED at ") }
                #expect(!diverged.contains { $0.contains("Counter/sum") })
                return diverged.contains { $0.contains("Dice/dice") }
                    && lines.contains {
                        $0.hasPrefix("Dice/dice: At entry ") && $0.contains(", roll, replicas")
                    }
            }
            let json = try await status(arguments + ["--json"])
            for part in ["\"isDiverged\": true", "\"isExact\": true", "\"method\": \"roll\""] {
                #expect(json.contains(part), "\(part) is missing")
            }
        }
    }
}
