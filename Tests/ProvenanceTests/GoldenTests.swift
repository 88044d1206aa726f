import Provenance
import Testing

/// The examples of the paper, recomputed by hand, and some of our own.
@Suite struct `The witnesses of a reply` {
    @Test func `of a read are the write that it saw`() throws {
        try expect(
            [[1]], "kv", [call("set", "x", 1), call("set", "y", 2)], call("get", "x"), 1)
    }

    @Test func `of a formula are all ways to make it true`() throws {
        try expect(
            [[1, 4], [2, 3]], "boolean", ["a", "b", "c", "d"].map { call("set", .string($0)) },
            call("eval", "(a & d) | (b & c)"), true)
    }

    @Test func `leave out a call whose good another call can undo`() throws {
        try expect(
            [[3]], "boolean", ["a", "b", "c"].map { call("set", .string($0)) },
            call("eval", "(a & !b) | c"), true)
    }

    @Test func `leave out a write that was overwritten by the same and by another value`() throws {
        let writes = [call("set", "x", 1), call("set", "x", 2), call("set", "x", 1)]
        try expect([[3]], "kv", writes, call("get", "x"), 1)
    }

    @Test func `hold all changes that add up to nothing`() throws {
        let calls = [
            call("set", "x", 42), call("add", "x", 1), call("add", "x", 2), call("sub", "x", 3),
        ]
        try expect([[1, 2, 3, 4]], "register", calls, call("get", "x"), 42)
    }

    @Test func `of a difference hold the row that is not taken away and the one that is`() throws {
        let calls = [call("insert", "R", "t"), call("insert", "R", "u"), call("insert", "S", "u")]
        try expect([[1, 3]], "relations", calls, call("query", "(R minus S)"), .list(["t"]))
    }

    @Test func `are none of what is refused`() throws {
        let odd = [call("create", "/a"), call("create", "//a"), call("delete", "//a")]
        try expect([[1]], "coordination", odd, call("list", "/"), .list(["a"]))
        let least = [call("set", "x", 5), call("decrby", "x", .int(.min))]
        try expect([[1]], "kv", least, call("get", "x"), 5)
    }

    @Test func `are those of one key among many`() throws {
        let writes: [(String, Int)] = [
            ("b", 2), ("a", 1), ("c", 2), ("b", 1), ("a", 3), ("d", 1), ("a", 0),
        ]
        let calls = writes.map { call("set", .string($0.0), .int($0.1)) }
        try expect([[4]], "kv", calls, call("get", "b"), 1)
    }

    @Test func `hold the freeze that kept a value from being wiped`() throws {
        let calls = [call("set", "x", 1), call("freeze"), call("truncate")]
        try expect([[1, 2]], "register", calls, call("get", "x"), 1)
    }

    @Test func `of a set of names are either of two that gave the same name`() throws {
        let calls = [
            call("signup", "dbguy", "Codd"), call("signup", "baller", "Jordan"),
            call("signup", "mldude", "Jordan"), call("follow", "dbguy", "baller"),
            call("follow", "dbguy", "mldude"),
        ]
        try expect(
            [[3, 5], [2, 4]], "follows", calls, call("following", "dbguy"), .list(["Jordan"]))
    }

    @Test func `of a refused lock are any of those who asked before`() throws {
        let calls = [call("acquire", 1), call("acquire", 3)]
        try expect([[2], [1]], "lock", calls, call("acquire", 2), false)
    }

    @Test func `of a refused lock, told faithfully, are who really held it`() throws {
        let calls = [call("acquire", 1), call("acquire", 3)]
        try expect([[1]], "lock", calls, call("acquire", 2), false, mode: .faithful)
    }

    @Test func `of an abort are the vote against`() throws {
        let calls = [
            call("vote", "r1", "yes"), call("vote", "r2", "no"), call("vote", "r3", "yes"),
        ]
        try expect([[2]], "votes", calls, call("decide"), "abort")
    }

    @Test func `of an answer that waits for somebody are none`() throws {
        let calls = [call("vote", "r1", "yes"), call("vote", "r3", "yes")]
        let answer = try expect([[]], "votes", calls, call("decide"), "pending")
        #expect(answer.verdict == .noCause && answer.verdict.exitStatus == 2)
    }

    @Test func `of a value that was written twice are either write`() throws {
        let calls = [call("set", "x", 1), call("set", "x", 1)]
        try expect([[2], [1]], "kv", calls, call("get", "x"), 1)
    }

    @Test func `of a service without memory are none`() throws {
        try expect([[]], "stateless", [call("echo", 1)], call("echo", 2), 2)
    }
}

/// The most calls that are searched wholly.
@Suite struct `An exact answer` {
    @Test func `is given for twenty calls that matter`() throws {
        let calls = (1...20).map { call("vote", .string("v\($0)")) }
        let trace = Trace(start: Threshold(at: 3), inputs: calls, question: call("passed"))
        let explanation = Explainer(trace, limits: .init(exact: 20)).why()
        #expect(explanation.verdict == .exact && explanation.witnesses.count == 1140)
        #expect(explanation.necessary == [])
    }

    @Test func `may have as many witnesses as there are ways to choose`() throws {
        let calls = (1...12).map { call("vote", .string("v\($0)")) }
        let trace = Trace(start: Threshold(at: 6), inputs: calls, question: call("passed"))
        let explanation = Explainer(trace).why()
        #expect(explanation.witnesses.count == 924)
        #expect(Set(explanation.witnesses).count == 924)
        #expect(explanation.witnesses.allSatisfy { $0.count == 6 })
        #expect(explanation.witnesses.first == Array(7...12), "the latest comes first")
    }
}

func call(_ method: String, _ args: TraceValue...) -> TraceCall { TraceCall(method, args) }

@discardableResult
private func expect(
    _ witnesses: [[Int]], _ object: String, _ calls: [TraceCall], _ input: TraceCall,
    _ output: TraceValue, mode: ExplanationMode = .exact,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> ExplanationReport {
    let answer = try TraceFile(object: object, trace: calls, input: input).explain(mode)
    #expect(answer.output == output, sourceLocation: sourceLocation)
    #expect(answer.witnesses == witnesses, sourceLocation: sourceLocation)
    let isNone = witnesses == [[]]
    #expect(answer.verdict == (isNone ? .noCause : .exact), sourceLocation: sourceLocation)
    return answer
}
