import Provenance
import TestSupport

/// Random traces of one machine, over few keys and few values, so that values repeat.
struct TraceDraws<M: TraceMachine> {
    let calls: [TraceCall]
    let questions: [TraceCall]

    /// Up to `length` calls and a question.
    func draw(_ length: Int, _ random: inout SeededGenerator) -> Trace<M> {
        let inputs = (0..<Int.random(in: 0...length, using: &random)).map { _ in
            calls.randomElement(using: &random)!
        }
        return Trace(
            start: M(), inputs: inputs, question: questions.randomElement(using: &random)!)
    }
}

extension TraceDraws {
    /// Every call of `methods`, with every combination of what its arguments may be.
    static func every(_ methods: [(String, [[TraceValue]])]) -> [TraceCall] {
        methods.flatMap { name, choices in
            choices.reduce([[]]) { rows, values in
                rows.flatMap { row in values.map { row + [$0] } }
            }.map { TraceCall(name, $0) }
        }
    }
}

enum Draws {
    static let kv = TraceDraws<KVMachine>(
        calls: TraceDraws<KVMachine>.every([
            ("set", [["x", "y"], [0, 1, 2]]), ("del", [["x", "y"]]),
            ("append", [["x", "y"], ["", "0"]]), ("incr", [["x"]]), ("decr", [["x"]]),
            ("incrby", [["x"], [0, 1]]), ("decrby", [["x"], [2]]),
            ("cas", [["x"], [.null, 0, 1], [0, 1]]), ("get", [["x"]]),
        ]),
        questions: [call("get", "x"), call("strlen", "x"), call("incr", "x"), call("del", "x")])

    static let registers = TraceDraws<RegisterMachine>(
        calls: TraceDraws<RegisterMachine>.every([
            ("set", [["x", "y"], [0, 1]]), ("add", [["x"], [0, 1]]), ("sub", [["x"], [1]]),
            ("freeze", []), ("truncate", []),
        ]),
        questions: [call("get", "x"), call("truncate")])

    static let booleans = TraceDraws<BooleanMachine>(
        calls: TraceDraws<BooleanMachine>.every([
            ("set", [["a", "b", "c"]]), ("unset", [["a", "b", "c"]]),
        ]),
        questions: ["a & b | c", "a ^ b", "!(a | !c)", "a"].map { call("eval", .string($0)) })

    static let relations = TraceDraws<RelationsMachine>(
        calls: TraceDraws<RelationsMachine>.every([
            ("insert", [["R", "S"], ["t", "u"]]), ("delete", [["R", "S"], ["t", "u"]]),
        ]),
        questions: [
            call("query", "R"), call("query", "(R minus S)"),
            call("query", "(S union (R minus S))"),
            call("insert", "R", "t"),
        ])

    static let locks = TraceDraws<LockMachine>(
        calls: TraceDraws<LockMachine>.every([
            ("acquire", [[1, 2, 3]]), ("release", [[1, 2, 3]]),
        ]),
        questions: [call("acquire", 1), call("owner"), call("release", 2)])

    static let queues = TraceDraws<QueueMachine>(
        calls: TraceDraws<QueueMachine>.every([("enqueue", [[false, 1, 2]]), ("dequeue", [])]),
        questions: [call("dequeue")])

    static let vectors = TraceDraws<VectorMachine>(
        calls: TraceDraws<VectorMachine>.every([
            ("insert", [[-1, 0, 1, 2], [.null, 1, 2]]), ("append", [[1, 2]]),
        ]),
        questions: [call("get", 1), call("count"), call("append", 1)])

    static let banks = TraceDraws<BankMachine>(
        calls: TraceDraws<BankMachine>.every([
            ("deposit", [["a", "b"], [0, 1, 2]]), ("withdraw", [["a"], [1, 2]]),
            ("transfer", [["a", "b"], ["a", "b"], [1]]),
        ]),
        questions: [call("balance", "a"), call("withdraw", "b", 1)])

    static let votes = TraceDraws<VotesMachine>(
        calls: TraceDraws<VotesMachine>.every([
            ("vote", [["r1", "r2", "r3", "r4"], ["yes", "no"]])
        ]),
        questions: [call("decide"), call("vote", "r1", "yes")])

    static let stores = TraceDraws<ObjectStoreMachine>(
        calls: TraceDraws<ObjectStoreMachine>.every([
            ("createbucket", [["b", "c"]]), ("removebucket", [["b", "c"]]),
            ("put", [["b"], ["o", "p"], [1, 2]]), ("copy", [["b"], ["o"], ["b", "c"], ["p"]]),
            ("remove", [["b", "c"], ["o", "p"]]),
        ]),
        questions: [
            call("cat", "b", "o"), call("cat", "c", "p"), call("list", "b"), call("list", "c"),
            call("removebucket", "b"),
        ])

    static let files = TraceDraws<FileSystemMachine>(
        calls: TraceDraws<FileSystemMachine>.every([
            ("write", [[-1, 0, 1, 2], ["", "a", "bb", "\0"]])
        ]),
        questions: [call("read", 0, 2), call("read", 1, 3), call("read", 0, -1)])

    static let trees = TraceDraws<CoordinationMachine>(
        calls: TraceDraws<CoordinationMachine>.every([
            ("create", [["/a", "/a/b", "/c"]]), ("write", [["/a", "/a/b"], ["", 1]]),
            ("delete", [["/a", "/a/b", "/"]]),
        ]),
        questions: [
            call("read", "/a"), call("read", "/a/b"), call("list", "/"), call("list", "/a"),
            call("delete", "/a"),
        ])

    static let balancers = TraceDraws<LoadBalancerMachine>(
        calls: TraceDraws<LoadBalancerMachine>.every([
            ("heartbeat", [["s", "t", "u"], [0, 1, 2]])
        ]),
        questions: [call("route")])

    static let follows = TraceDraws<FollowsMachine>(
        calls: TraceDraws<FollowsMachine>.every([
            ("signup", [["a", "b"], ["J", "K"]]), ("follow", [["a"], ["a", "b", "c"]]),
        ]),
        questions: [call("following", "a"), call("follow", "a", "b")])

    static let stateless = TraceDraws<StatelessMachine>(
        calls: [call("echo", 1)], questions: [call("echo", 2)])
}
