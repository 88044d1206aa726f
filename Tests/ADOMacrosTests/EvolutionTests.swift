#if Macros
import ADO
import Testing

// One type in four versions. Each is a struct of its own here; to logs all of them are "notebook".

enum First {
    @AtomicObject("notebook")
    struct Notebook: Equatable {
        var sum = 0
        var lines: [String] = []

        mutating func add(_ number: Int) -> Int {
            sum += number
            return sum
        }
        mutating func write(_ line: String) { lines.append(line) }
    }
}

/// Methods and properties are moved, added and renamed; one argument is added, with a default.
enum Second {
    @AtomicObject("notebook")
    struct Notebook: Equatable {
        @Logged(as: "lines") var pages: [String] = []
        var clears = 5
        var sum = 0

        mutating func clear() { pages = [] }
        @Logged(as: "write(_: String)")
        mutating func append(line: String) { pages.append(line) }
        mutating func add(_ number: Int, times: Int = 1) -> Int {
            sum += number * times
            return sum
        }
    }
}

/// The method `write` is gone, and the property `lines`.
enum Third {
    @AtomicObject("notebook")
    struct Notebook: Equatable {
        var sum = 0

        mutating func add(_ number: Int) -> Int {
            sum += number
            return sum
        }
    }
}

/// A log as clients of some version write it.
private struct Log<Object: DerivedObject> {
    var writer = Writer()
    var count = 1

    init() { writer.openEntry(session: 1, for: Object.self) }

    mutating func append(_ method: Object.Method) {
        let number = UInt64(count)
        let header = CallHeader(session: 1, request: number, lowest: 1, operation: .method)
        writer.methodEntry(header, method)
        count += 1
    }

    func replica<Reader: AtomicObject>(
        _ type: Reader.Type
    ) -> (replica: ObjectReplica<Reader>, replies: [Reply]) {
        var replica = ObjectReplica<Reader>()
        var results = Writer()
        writer.bytes.withUnsafeBytes {
            replica.apply(block: $0, count: count, first: 1, results: &results)
        }
        return (replica, Reply.records(results.bytes, count: count, first: 1))
    }
}

@Suite struct `An object that evolves` {
    private func oldLog() -> Log<First.Notebook> {
        var log = Log<First.Notebook>()
        log.append(First.Notebook.MethodCall.add(5).call.method)
        log.append(First.Notebook.MethodCall.write("hello").call.method)
        log.append(First.Notebook.MethodCall.add(2).call.method)
        return log
    }

    @Test func `reads what older versions wrote`() {
        let log = oldLog()
        let old = log.replica(First.Notebook.self)
        let new = log.replica(Second.Notebook.self)
        #expect(new.replies == old.replies)
        #expect(new.replica.object == Second.Notebook(pages: ["hello"], clears: 5, sum: 7))
        #expect(new.replica.quarantine == nil)
    }

    @Test func `refuses a method that is gone by its name and goes no further`() throws {
        let (replica, replies) = oldLog().replica(Third.Notebook.self)
        let why = Quarantine(index: 3, cause: .missingMethod("write(_: String)"))
        #expect(replica.quarantine == why)
        #expect(replica.object.sum == 5)
        #expect(replies.map(\.outcome) == [.ok, .ok, .quarantined, .quarantined])
        #expect(try Quarantine.decoded(from: replies[3].payload) == why)
        #expect(
            why.description
                == "Entry 3 of the log calls write(_: String), which this version of the "
                + "type lacks, or with a case of an argument that it lacks; run a version that "
                + "has it.")
    }

    @Test func `refuses an argument that is not known yet`() {
        var log = Log<Second.Notebook>()
        log.append(Second.Notebook.MethodCall.add(5, times: 2).call.method)
        let replica = log.replica(First.Notebook.self).replica
        #expect(replica.quarantine?.cause == .missingMethod("add(_: Int, times: Int)"))
        #expect(replica.object.sum == 0)
    }

    @Test func `goes on from a snapshot of an older version`() throws {
        let old = oldLog().replica(First.Notebook.self).replica
        let new = try ObjectReplica<Second.Notebook>.decoded(from: old.encoded())
        #expect(new.object == Second.Notebook(pages: ["hello"], clears: 5, sum: 7))
        #expect(new.sessions == old.sessions)
    }

    @Test func `refuses a snapshot with a property that is gone by its name`() {
        let old = oldLog().replica(First.Notebook.self).replica
        #expect(throws: DecodingFailure.unknownProperty("lines")) {
            try ObjectReplica<Third.Notebook>.decoded(from: old.encoded())
        }
    }

    @Test func `still names a method that is gone after a snapshot`() throws {
        var log = Log<Second.Notebook>()
        log.append(Second.Notebook.MethodCall.add(1, times: 1).call.method)
        var snapshot = Log<First.Notebook>().replica(First.Notebook.self).replica
        // The session of the newer client declares its methods before the snapshot and calls one
        // after it.
        var declaration = Writer()
        declaration.openEntry(session: 9, for: Second.Notebook.self)
        var results = Writer()
        declaration.bytes.withUnsafeBytes {
            snapshot.apply(block: $0, count: 1, first: 2, results: &results)
        }
        var replica = try ObjectReplica<First.Notebook>.decoded(from: snapshot.encoded())
        var call = Writer()
        let header = CallHeader(session: 9, request: 1, lowest: 1, operation: .method)
        call.methodEntry(header, Second.Notebook.MethodCall.clear().call.method)
        call.bytes.withUnsafeBytes {
            replica.apply(block: $0, count: 1, first: 3, results: &results)
        }
        #expect(replica.quarantine == Quarantine(index: 3, cause: .missingMethod("clear()")))
    }

    @Test func `names the method where a handle of a version without it pulls`() async throws {
        let backend = LocalBackend()
        let old = Handle(First.Notebook.self, named: "n", on: backend)
        try await old.pull()
        try old.invoke(.write("hello"))
        backend.failNextPush(.stranded)
        _ = try? await old.push()
        let pulled = try await backend.pull(old.name, as: First.Notebook.self, timeout: .seconds(1))
        let stranded = Pulled(
            ballot: pulled.ballot, committed: ObjectReplica<Third.Notebook>(),
            inherited: pulled.inherited)
        let young = Handle(Third.Notebook.self, named: "n", on: OnePull(pulled: stranded))
        let failure = await #expect(throws: PullFailure.self) { try await young.pull() }
        let cause = Quarantine.Cause.missingMethod("write(_: String)")
        #expect(failure == .quarantined(Quarantine(index: 2, cause: cause)))
        #expect(!young.isOwner)
    }

    @Test func `names the method where a server of a version without it is called`() async throws {
        let backend = LocalBackend()
        backend.host(Third.Notebook.self)
        let young = Handle(Third.Notebook.self, named: "n", on: backend)
        #expect(try await young.call(.add(5)) == 5)
        let old = Handle(First.Notebook.self, named: "n", on: backend)
        let first = await #expect(throws: CallFailure.self) { try await old.call(.write("x")) }
        guard case .quarantined(let why, let request?) = first else {
            Issue.record("failed as \(String(describing: first))")
            return
        }
        #expect(why.cause == .missingMethod("write(_: String)"))
        #expect(request.number == 1)
        let second = await #expect(throws: CallFailure.self) { try await young.call(.add(1)) }
        guard case .quarantined(why, _?) = second else {
            Issue.record("failed as \(String(describing: second))")
            return
        }
    }
}

/// A backend whose every pull brings the same.
private struct OnePull<Object: AtomicObject>: Backend {
    let pulled: Pulled<Object>

    func pull<Other: AtomicObject>(
        _ object: ObjectName, as type: Other.Type, timeout: Duration
    ) async throws(PullFailure) -> Pulled<Other> {
        guard let pulled = pulled as? Pulled<Other> else { throw .unreadable }
        return pulled
    }

    func push(
        _ object: ObjectName, ballot: Ballot, entries: [UInt8], count: Int, timeout: Duration
    ) async -> PushReport { .closed }

    func call(
        _ object: ObjectName, kind: CallKind, entries: [UInt8], count: Int, timeout: Duration
    ) async -> [Reply] { [] }

    func release(_ object: ObjectName, ballot: Ballot) {}
}
#endif
