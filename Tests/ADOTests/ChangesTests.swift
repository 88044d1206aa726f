import ADO
import TestSupport
import Testing

@Suite struct `The changes of an object` {
    let backend = LocalBackend()

    init() { backend.host(Queue.self) }

    /// The next changes of `changes`, `count` of them.
    private func take(
        _ count: Int, of changes: inout Changes<Queue>.Iterator
    ) async throws -> [Change<Queue>] {
        var taken: [Change<Queue>] = []
        while taken.count < count {
            guard case .change(let change) = try await changes.next() else { break }
            taken.append(change)
        }
        return taken
    }

    @Test func `are its entries, in order, with nothing between left out`() async throws {
        let handle = backend.client()
        try await handle.pull()
        for number in 1...3 { try handle.invoke(.enqueue(number)) }
        let through = try await handle.push()
        var changes = handle.changes().makeAsyncIterator()
        let all = try await take(Int(through), of: &changes)
        #expect(all.map(\.index) == Array(1...through))
        #expect(all.compactMap(\.method) == [.enqueue(1), .enqueue(2), .enqueue(3)])
        guard case .opened = all.first?.content else {
            Issue.record("the first entry opens the session")
            return
        }
    }

    @Test func `begin where they are asked for, in the middle of a push too`() async throws {
        let handle = backend.client()
        try await handle.batch { batch throws(InvokeFailure) in
            for number in 1...9 { let _: Int = try batch.invoke(.enqueue(number)) }
        }
        var changes = handle.changes(from: 5).makeAsyncIterator()
        let some = try await take(2, of: &changes)
        #expect(some.map(\.index) == [5, 6])
        #expect(some.compactMap(\.method) == [.enqueue(4), .enqueue(5)])
    }

    @Test func `go on as the log grows`() async throws {
        let handle = backend.client()
        let reader = Task {
            var seen: [Queue.Method] = []
            for try await element in backend.client().changes() {
                guard case .change(let change) = element else { continue }
                if let method = change.method { seen.append(method) }
                if seen.count == 20 { break }
            }
            return seen
        }
        for number in 0..<20 { try await handle.call(.enqueue(number)) }
        #expect(try await reader.value == (0..<20).map { .enqueue($0) })
    }

    @Test func `wait while nobody can be reached, and go on afterwards`() async throws {
        let handle = backend.client()
        try await handle.call(.enqueue(1))
        backend.setUnavailable(true)
        let reader = Task {
            var changes = backend.client().changes(from: 2).makeAsyncIterator()
            return try await changes.next()
        }
        await Task.yield()
        backend.setUnavailable(false)
        guard case .change(let change) = try await reader.value else {
            Issue.record("a change must come")
            return
        }
        #expect(change.method == .enqueue(1))
    }

    @Test func `say where they go on if the log gave up what was not read`() async throws {
        let handle = backend.client()
        for number in 0..<4 { try await handle.call(.enqueue(number)) }
        backend.trim(Queue.self, named: "q", through: 3)
        var changes = handle.changes().makeAsyncIterator()
        guard case .lagged(let first) = try await changes.next() else {
            Issue.record("the reader lags")
            return
        }
        #expect(first == 4)
        #expect(try await take(2, of: &changes).map(\.index) == [4, 5])
    }

    @Test func `end with the task that reads them`() async throws {
        let reader = Task {
            var changes = backend.client().changes().makeAsyncIterator()
            return try await changes.next() == nil
        }
        reader.cancel()
        #expect(try await reader.value)
    }

    @Test func `show an entry that this version cannot read as what it is`() async throws {
        let handle = backend.client()
        try await handle.pull()
        var writer = Writer()
        let header = CallHeader(session: 7, request: 1, lowest: 1, operation: .method)
        writer.entry(.call) { writer in
            header.write(to: &writer)
            writer.u8(99)
        }
        writer.entry(.barrier)
        let ballot = Ballot(round: 1, node: 2)
        _ = await backend.push(
            handle.name, ballot: ballot, entries: writer.bytes, count: 2, timeout: .seconds(1))
        var changes = handle.changes().makeAsyncIterator()
        #expect(try await take(2, of: &changes).map(\.content) == [.unreadable, .barrier])
    }

    @Test func `stop at what is no entry`() async throws {
        let changes = Handle(Queue.self, named: "q", on: BrokenLog()).changes()
        var iterator = changes.makeAsyncIterator()
        await #expect(throws: Changes<Queue>.Failure.unreadable(index: 1)) {
            _ = try await iterator.next()
        }
    }

    @Test func `are not to be had of a backend without a log`() async throws {
        var changes = Handle(Queue.self, named: "q", on: NoLog()).changes().makeAsyncIterator()
        await #expect(throws: Changes<Queue>.Failure.closed) { _ = try await changes.next() }
    }
}

/// A backend that can do nothing, and has the log that its kind says.
private protocol UselessBackend: Backend {}

extension UselessBackend {
    func pull<Object: AtomicObject>(
        _ object: ObjectName, as type: Object.Type, timeout: Duration
    ) async throws(PullFailure) -> Pulled<Object> { throw .closed }

    func push(
        _ object: ObjectName, ballot: Ballot, entries: [UInt8], count: Int, timeout: Duration
    ) async -> PushReport { .closed }

    func call(
        _ object: ObjectName, kind: CallKind, entries: [UInt8], count: Int, timeout: Duration
    ) async -> [Reply] { Array(repeating: Reply(.closed), count: count) }

    func release(_ object: ObjectName, ballot: Ballot) {}
}

private struct NoLog: UselessBackend {}

/// Its log holds something else than entries.
private struct BrokenLog: UselessBackend {
    func committed(
        _ object: ObjectName, from index: UInt64, timeout: Duration
    ) async -> CommittedPart {
        let block = EntryBlock(first: 1, count: 3, bytes: [1, 2, 3])
        return .blocks([CommittedBlock(ballot: Ballot(round: 1, node: 1), entries: block)])
    }
}
