import Provenance
import TestSupport
import Testing

/// Rules that look right and are not, and what shows it.
@Suite struct `A rule of thumb` {
    @Test func `that takes the most recent write is wrong where values repeat`() throws {
        #expect(wrong(.repeated) > 0)
        #expect(wrong(.unique) == 0)
    }

    @Test func `that takes the winner's last heartbeat is not closed under stale ones`() throws {
        let calls = [
            call("heartbeat", "s", 2), call("heartbeat", "t", 3), call("heartbeat", "t", 4),
        ]
        let stale = [call("heartbeat", "t", 1)] + calls
        #expect(faults(LastHeartbeat.self, calls, call("route")).isEmpty)
        #expect(faults(LastHeartbeat.self, stale, call("route")) == [.notClosed])
    }

    @Test func `that halves the log as long as the reply stays is not closed`() throws {
        let calls = [call("set", "x", 1), call("set", "x", 2), call("set", "x", 1)]
        #expect(faults(Shrink.self, calls, call("get", "x")) == [.notClosed])
    }

    @Test func `that ignores keys made by appending is insufficient`() throws {
        let calls = [call("append", "x", "a"), call("append", "x", "b")]
        #expect(faults(NeedsSet.self, calls, call("get", "x")) == [.insufficient])
    }

    @Test func `that keeps modifiers from before a deletion is not minimal`() throws {
        let calls = [
            call("set", "x", 1), call("incr", "x"), call("del", "x"), call("incrby", "x", 5),
        ]
        #expect(faults(AllModifiers.self, calls, call("get", "x")) == [.notMinimal])
        #expect(Explainer(trace(calls, call("get", "x"))).why().witnesses == [[3, 4]])
    }

    @Test func `that names the call asked about is misplaced`() throws {
        #expect(faults(Leaks.self, [call("set", "x", 1)], call("get", "x")) == [.misplaced])
    }

    @Test func `that counts positions from the end is changed by padding`() throws {
        let check = RuleCheck(FirstCall.self, unrelated: call("set", "other", 9))
        let found = check.faults(on: trace([call("set", "x", 1)], call("get", "x")))
        #expect(found.map(\.fault) == [.padded])
        let good = RuleCheck(FootprintRule<KVMachine>.self, unrelated: call("set", "other", 9))
        #expect(good.faults(on: trace([call("set", "x", 1)], call("get", "x"))).isEmpty)
    }

    /// How often the rule and the definition differ in 400 random traces.
    private func wrong(_ values: Values) -> Int {
        var random = SeededGenerator(seed: 7)
        return (0..<400).filter { _ in
            let calls = (0..<6).map { index -> TraceCall in
                let value = values == .unique ? index + 1 : Int.random(in: 0...2, using: &random)
                return call("set", Bool.random(using: &random) ? "x" : "y", .int(value))
            }
            let trace = Trace(start: RegisterMachine(), inputs: calls, question: call("get", "x"))
            return Explainer(trace).why().witnesses != [LastWrite.witness(of: trace)]
        }.count
    }

    private enum Values { case repeated, unique }
}

private func trace<M: TraceMachine>(_ calls: [TraceCall], _ question: TraceCall) -> Trace<M> {
    Trace(start: M(), inputs: calls, question: question)
}

private func trace(_ calls: [TraceCall], _ question: TraceCall) -> Trace<KVMachine> {
    Trace(start: KVMachine(), inputs: calls, question: question)
}

private func faults<Rule: ProvenanceRule>(
    _ rule: Rule.Type, _ calls: [TraceCall], _ question: TraceCall
) -> [RuleCheck<Rule>.Fault] where Rule.M: TraceMachine {
    RuleCheck(rule).faults(on: trace(calls, question)).map(\.fault)
}

// MARK: - The rules

private enum LastWrite: ProvenanceRule {
    static func witness(of trace: Trace<RegisterMachine>) -> [Int] {
        let key = trace.question.args[0]
        return trace.inputs.lastIndex { $0.args.first == key }.map { [$0 + 1] } ?? []
    }
}

private enum LastHeartbeat: ProvenanceRule {
    static func witness(of trace: Trace<LoadBalancerMachine>) -> [Int] {
        let winner = trace.reply
        return trace.inputs.lastIndex { $0.args.first == winner }.map { [$0 + 1] } ?? []
    }
}

private enum Shrink: ProvenanceRule {
    static func witness(of trace: Trace<KVMachine>) -> [Int] {
        var kept = Array(1...trace.inputs.count)
        while trace.reply(after: kept.prefix(kept.count / 2)) == trace.reply {
            kept = Array(kept.prefix(kept.count / 2))
        }
        return kept
    }
}

private enum NeedsSet: ProvenanceRule {
    static func witness(of trace: Trace<KVMachine>) -> [Int] {
        guard let start = trace.inputs.lastIndex(where: { $0.method == "set" }) else { return [] }
        return Array(start + 1...trace.inputs.count)
    }
}

private enum AllModifiers: ProvenanceRule {
    static func witness(of trace: Trace<KVMachine>) -> [Int] { Array(1...trace.inputs.count) }
}

private enum Leaks: ProvenanceRule {
    static func witness(of trace: Trace<KVMachine>) -> [Int] { [1, 2] }
}

private enum FirstCall: ProvenanceRule {
    static func witness(of trace: Trace<KVMachine>) -> [Int] { [trace.inputs.count] }
}
