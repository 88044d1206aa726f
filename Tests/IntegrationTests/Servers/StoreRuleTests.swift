import ADOApps
import ADOObjects
import Provenance
import TestSupport
import Testing

@testable import ADO
@testable import ADOServer

/// What is left out of a store's log is checked against the definition, which leaves out nothing.
@Suite struct `The rule of a store` {
    @Test func `agrees with the definition on vectors with fences, refused writes among them`() {
        var random = SeededGenerator(seed: 31)
        var narrowed = 0
        for _ in 0..<300 {
            let methods = (0..<Int.random(in: 0...7, using: &random)).map { _ in
                Self.write(&random)
            }
            narrowed += expectAgreement(
                of: DVector<MetaBucket>.self, methods, asking: .get(1))
        }
        #expect(narrowed > 100, "the rule was of use")
    }

    private static func write(
        _ random: inout some RandomNumberGenerator
    ) -> DVector<MetaBucket>.Method {
        let fence = UInt64.random(in: 0...2, using: &random)
        var bucket = MetaBucket()
        if Bool.random(using: &random) {
            bucket["k"] = Meta(size: 1, index: .random(in: 0...1, using: &random))
        }
        switch Int.random(in: 0...9, using: &random) {
        case 0: return .raise(fence: fence)
        case 1: return .remove([.random(in: 0...2, using: &random)], fence: fence)
        case 2 where Bool.random(using: &random): return .pop(fence: fence)
        case 3 where Bool.random(using: &random):
            return .append(bucket, freeing: [], fence: fence)
        default:
            return .insert(bucket, at: .random(in: 0...2, using: &random), fence: fence)
        }
    }

    @Test func `agrees with the definition on meta vectors, refused indices among them`() {
        var random = SeededGenerator(seed: 32)
        var narrowed = 0
        for _ in 0..<300 {
            let methods = (0..<Int.random(in: 0...7, using: &random)).map { _ in
                Self.change(&random)
            }
            narrowed += expectAgreement(
                of: MetaVector.self, methods, asking: .find("a", hash: 1))
        }
        #expect(narrowed > 100, "the rule was of use")
    }

    private static func change(_ random: inout some RandomNumberGenerator) -> MetaVector.Method {
        let key = ["a", "b"].randomElement(using: &random)!
        let hash = UInt64.random(in: 1...2, using: &random)
        let meta = Meta(size: 1, index: .random(in: 0...3, using: &random))
        switch Int.random(in: 0...9, using: &random) {
        case 0: return .seal(.random(in: 0...3, using: &random))
        case 1, 2: return .drop(key, hash: hash)
        case 3, 4:
            return .putAll(["a", "b"].map { MetaPointer($0, meta, hash: hash) })
        default: return .put(key, meta, hash: hash)
        }
    }

    /// Returns 1 if the rule left something out.
    private func expectAgreement<Object: Explainable>(
        of type: Object.Type, _ methods: [Object.Method], asking question: Object.Method
    ) -> Int {
        var history = ObjectHistory<Object>(from: 1)
        for (place, method) in methods.enumerated() {
            let number = UInt64(place + 1)
            history.append(
                Change(
                    index: number, ballot: Ballot(round: 1, node: 1),
                    content: .method(method, Request(session: 1, number: number))))
        }
        let trace = history.trace(asking: question)
        let object = ObjectName(type: Object.typeName, name: "store")
        let answer = LogAnswer(history, object, trace, .exact).explanation
        let defined = Explainer(trace).why().renumbered(history.entries.map(\.index))
        #expect(answer.witnesses == defined.witnesses, "\(methods)")
        #expect(answer.verdict == defined.verdict && answer.output == defined.output)
        #expect(answer.count == defined.count)
        return answer.considered.count < defined.considered.count ? 1 : 0
    }
}
