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
                of: MetaVector.self, methods, asking: .leads("a", hash: 1))
        }
        #expect(narrowed > 100, "the rule was of use")
    }

    private static func change(_ random: inout some RandomNumberGenerator) -> MetaVector.Method {
        let key = ["a", "b"].randomElement(using: &random)!
        let hash = UInt64.random(in: 1...2, using: &random)
        // Mostly places of their own, as clients have them.
        let index = UInt64.random(in: 0...20, using: &random)
        let pointer = MetaPointer(key, Meta(size: 1, index: index), hash: hash)
        switch Int.random(in: 0...11, using: &random) {
        case 0: return .seal(.random(in: 0...8, using: &random))
        case 1: return .drop(key, hash: hash)
        case 10:
            return .sort(from: index / 2, to: index, filled: [index / 2])
        case 11:
            let other = MetaPointer("b", Meta(size: 1, index: index + 1), hash: 1)
            return .point([pointer, other], filled: [])
        case 2, 3: return .point([], filled: [index])
        case 4: return .point([pointer], filled: [index ^ 1])
        default: return .point([pointer], filled: [])
        }
    }

    /// Returns 1 if the rule left something out.
    private func expectAgreement<Object: Explainable>(
        of type: Object.Type, _ methods: [Object.Method], asking question: Object.Method
    ) -> Int {
        let history = history(of: methods, in: ObjectHistory<Object>())
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

@Suite struct `A reply in words` {
    @Test func `is nil where nothing was there, not bytes`() {
        let reply = ObjectMachine(KeyValue()).reply(to: .get("x"))
        #expect(LogAnswer<KeyValue>.text(of: reply, to: .get("x")) == "nil")
        let find = MetaVector.Method.leads("x", hash: 1)
        #expect(
            LogAnswer<MetaVector>.text(of: ObjectMachine(MetaVector()).reply(to: find), to: find)
                == "nil")
        #expect(Queue<String>.describe([0], to: .first) == "nil")
        #expect(Lock.describe([0], to: .holder) == "free")
    }

    @Test func `is none where the bytes are none`() {
        #expect(KeyValue.describe([9], to: .get("x")) == nil)
        #expect(KeyValue.describe([9], to: .meta("x")) == nil)
        #expect(Queue<String>.describe([9], to: .first) == nil)
        #expect(Lock.describe([9], to: .holder) == nil)
        #expect(DVector<String>.describe([9], to: .get(0)) == nil)
    }
}

/// A history that goes on from a snapshot.
@Suite struct `An answer from a snapshot` {
    @Test func `has its reply, says what the snapshot held, and is cut`() {
        let long = String(repeating: "v", count: 500)
        let report = report([.set("long", to: long)], [], asking: .get("long"))
        #expect(report.output.description.contains("vvvv"))
        #expect(report.verdict == .overApproximation)
        let held = report.notes?.first { $0.hasPrefix("the snapshot held \"long\": \"vv") }
        #expect(held?.hasSuffix("vv...") == true)
        #expect(held?.count == "the snapshot held ".count + 200 + 3)
    }

    @Test func `says what the call itself would have been told where cells are not known`() {
        let report = report([.set("a", to: "1")], [.set("b", to: "2")], asking: .count)
        #expect(report.output == .string("2"))
        #expect(
            report.notes?.last == "of the snapshot alone the same call would have been told 1")
    }

    @Test func `does not mention what was overwritten since`() {
        let report = report([.set("a", to: "1")], [.set("a", to: "2")], asking: .get("a"))
        #expect(report.verdict == .exact || report.verdict == .oneOf)
        #expect(report.notes?.count == 1)
        #expect(report.notes?[0].contains("what that holds does not matter here") == true)
    }

    private func report(
        _ before: [KeyValue.Method], _ methods: [KeyValue.Method], asking question: KeyValue.Method
    ) -> ExplanationReport {
        var snapshot = ObjectReplica<KeyValue>()
        let block = entries(of: before, session: 1, from: 1)
        var results = Writer()
        block.bytes.withUnsafeBytes {
            snapshot.apply(block: $0, count: block.count, first: 1, results: &results)
        }
        snapshot.skip(to: 40)
        let history = history(of: methods, in: ObjectHistory(after: snapshot))
        let object = ObjectName(type: KeyValue.typeName, name: "settings")
        return LogAnswer(history, object, history.trace(asking: question), .exact).report
    }
}

extension ObjectMachine {
    fileprivate func reply(to method: Object.Method) -> Reply {
        var machine = self
        return machine.step(method)
    }
}

/// A log that calls these methods, one after the other.
private func entries<Method: ObjectMethod>(
    of methods: [Method], session: UInt64, from first: UInt64
) -> EntryBlock {
    var writer = Writer()
    writer.openEntry(session: session, signatures: Method.signatures)
    for (place, method) in methods.enumerated() {
        let number = UInt64(place + 1)
        writer.methodEntry(
            CallHeader(session: session, request: number, lowest: number, operation: .method),
            method)
    }
    return EntryBlock(first: first, count: methods.count + 1, bytes: writer.bytes)
}

/// What such a log makes of a history.
private func history<Object: AtomicObject>(
    of methods: [Object.Method], in empty: ObjectHistory<Object>
) -> ObjectHistory<Object> {
    let changes = Change<Object>.decoded(
        CommittedBlock(
            ballot: Ballot(round: 1, node: 1),
            entries: entries(of: methods, session: 2, from: empty.end + 1)))
    return (changes ?? []).reduce(into: empty) { $0.append($1) }
}
