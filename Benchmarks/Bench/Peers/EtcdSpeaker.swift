import Foundation

/// The program that speaks gRPC for the load: a package of its own, so that this one needs no gRPC.
enum EtcdSpeaker {
    /// The program given, or one beside this program.
    static func findProgram(_ given: String?) throws(BenchError) -> String {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let beside = URL(fileURLWithPath: own).deletingLastPathComponent()
            .appendingPathComponent("etcd-load").path
        let program = given ?? beside
        guard access(program, X_OK) == 0 else {
            throw BenchError(
                """
                there is no program \(program), which speaks gRPC for the load: build it with \
                `swift build -c release --package-path Benchmarks/Etcd`, and give \
                --etcd-load Benchmarks/Etcd/.build/release/etcd-load.
                """)
        }
        return program
    }

    /// The term in which a member leads; nil if it does not, or does not answer.
    static func termLed(by node: UInt64, _ port: UInt16) async -> UInt64? {
        var output: [UInt8] = []
        EtcdWire.frame(.status, node, key: "\(node)", "", to: &output)
        let term = await PeerQuestion.ask(port, output, milliseconds: 500) { bytes -> UInt64? in
            guard let frame = try? EtcdWire.answer(bytes, from: 0) else { return nil }
            guard frame.outcome == .done, let range = frame.value else { return 0 }
            return UInt64(String(decoding: bytes[range], as: UTF8.self)) ?? 0
        }
        return term == 0 ? nil : term
    }
}
