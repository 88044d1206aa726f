import ADO
import ADOObjects
import Provenance
import Testing

/// What an answer says of itself when there is more to search than time.
@Suite struct `A verdict` {
    @Test func `is one of the witnesses when an overwrite hides what came before`() throws {
        let calls = (1...40).map { call("set", "x", .int($0 % 3)) } + [call("append", "x", "!")]
        let explanation = explain(calls)
        #expect(explanation.verdict == .oneOf)
        #expect(explanation.witnesses == [[40, 41]])
        #expect(explanation.necessary == [40, 41])
        #expect(explanation.considered == Array(1...41))
    }

    @Test func `is too much if a needless overwrite may be in it`() throws {
        // The last call writes what was there, but forty calls could have left something else.
        let calls = (1...40).map { _ in call("set", "x", 7) }
        let explanation = explain(calls)
        #expect(explanation.verdict == .oneOf && explanation.witnesses == [[40]])
        let initial = (1...40).map { _ in call("del", "x") }
        let absent = explain(initial)
        #expect(absent.verdict == .overApproximation && absent.witnesses == [[40]])
    }

    @Test func `is tested when all that matters was only sampled`() throws {
        let calls = (1...40).map { call("incrby", "x", .int($0)) }
        let explanation = explain(calls)
        #expect(explanation.verdict == .tested)
        #expect(explanation.witnesses == [Array(1...40)], "every addition is needed")
        #expect(explanation.necessary == Array(1...40))
    }

    @Test func `is too much when there is no time for tests`() throws {
        let calls = (1...40).map { call("incrby", "x", .int($0 % 2)) }
        let explanation = explain(calls, steps: 100)
        #expect(explanation.verdict == .overApproximation)
        #expect(explanation.witnesses == [Array(1...40)])
        #expect(explanation.necessary == nil, "not known, and not said to be none")
    }

    /// Alone, the deletion replies that there was nothing to delete.
    @Test func `is too much if a witness that replays as it did is among too many`() throws {
        let calls = (1...20).map { _ in call("set", "x", 1) } + [call("del", "x")]
        let trace = Trace(start: KVMachine(), inputs: calls, question: call("get", "x"))
        #expect(Explainer(trace).why().witnesses == [[21]])
        let faithful = Explainer(trace).why(.faithful)
        #expect(faithful.verdict == .overApproximation)
        #expect(faithful.witnesses == [Array(1...21)])
    }

    @Test func `is as good as ever if the latest witness replays as it did`() throws {
        let calls = (1...20).map { _ in call("del", "x") } + [call("set", "x", 1)]
        let trace = Trace(start: KVMachine(), inputs: calls, question: call("get", "x"))
        let faithful = Explainer(trace).why(.faithful)
        #expect(faithful.verdict == .oneOf && faithful.witnesses == [[21]])
    }

    private func explain(_ calls: [TraceCall], steps: Int = 4_000_000) -> Explanation<TraceValue> {
        let trace = Trace(start: KVMachine(), inputs: calls, question: call("get", "x"))
        return Explainer(trace, limits: .init(steps: steps)).why()
    }
}

/// The questions beside "why".
@Suite struct `A question` {
    @Test func `why not is answered by what would have had to be missing`() throws {
        let calls = [call("acquire", 1), call("release", 1), call("acquire", 2)]
        let trace = Trace(start: LockMachine(), inputs: calls, question: call("acquire", 3))
        let contrast = Explainer(trace).whyNot(true)
        #expect(contrast.output == false && contrast.verdict == .exact)
        #expect(contrast.deletions == [[3]] || contrast.deletions == [[3], [1, 2]])
        #expect(
            contrast.deletions.allSatisfy { removed in
                trace.reply(after: (1...3).filter { !removed.contains($0) }) == true
            })
    }

    @Test func `why not says so if no part of the log would have done it`() throws {
        let trace = Trace(
            start: KVMachine(), inputs: [call("set", "x", 1)], question: call("get", "x"))
        let contrast = Explainer(trace).whyNot(2)
        #expect(contrast.verdict == .noCause && contrast.deletions.isEmpty)
    }

    @Test func `why not leaves out single calls where there are too many to try all`() throws {
        let calls = (1...30).map { call("add", "x", .int($0)) }
        let trace = Trace(start: RegisterMachine(), inputs: calls, question: call("get", "x"))
        let contrast = Explainer(trace).whyNot(.int(465 - 17))
        #expect(contrast.verdict == .tested && contrast.deletions == [[17]])
    }

    @Test func `about a state is answered from the calls before it`() throws {
        let calls = [call("set", "x", 1), call("set", "x", 2)]
        let trace = Trace(start: KVMachine(), inputs: calls, question: call("get", "x"))
        let past = Explainer(trace).whyState(at: 1, probe: call("get", "x"))
        #expect(past.output == 1 && past.witnesses == [[1]])
    }

    @Test func `about an impact is answered by the replies that it changed`() throws {
        let calls = [call("acquire", 1), call("acquire", 2), call("release", 2)]
        let trace = Trace(start: LockMachine(), inputs: calls, question: call("owner"))
        let differences = Explainer(trace).impact(of: 1)
        #expect(differences.map(\.position) == [2, 3, nil])
        #expect(differences.map(\.real) == [false, false, 1])
        #expect(differences.map(\.other) == [true, true, .null])
    }
}

/// A replicated object, by the cells that its methods declare.
@Suite struct `A dictionary's log` {
    @Test func `is explained by the write of the key that was read`() throws {
        let calls = (0..<5000).map { KeyValue.Method.set("k\($0 % 100)", to: "v\($0)") }
        let trace = Trace(
            start: ObjectMachine<KeyValue>(), inputs: calls, question: .get("k7"))
        let explanation = Explainer(trace).why()
        #expect(explanation.verdict == .oneOf && explanation.witnesses == [[4908]])
        #expect(explanation.considered.count == 50)
    }

    @Test func `is explained for a count by every write that still stands`() throws {
        let calls: [KeyValue.Method] = [.set("a", to: "1"), .set("b", to: "1"), .remove("a")]
        let trace = Trace(start: ObjectMachine<KeyValue>(), inputs: calls, question: .count)
        #expect(Explainer(trace).why().witnesses == [[2, 3]])
    }
}
