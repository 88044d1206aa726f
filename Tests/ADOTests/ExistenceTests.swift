import ADO
import TestSupport
import Testing

@Suite struct `An object that is removed` {
    let backend = LocalBackend()

    @Test func `refuses calls, reads and invocations`() async throws {
        let handle = backend.client()
        try await handle.pull()
        try handle.invoke(.enqueue(1))
        try await handle.push()
        #expect(try await handle.remove())
        await #expect(throws: CallFailure.removed) { try await handle.call(.enqueue(2)) }
        await #expect(throws: CallFailure.removed) { try await handle.call(.contents) }
        #expect(throws: InvokeFailure.removed) { try handle.invoke(.enqueue(3)) }
        let other = backend.client()
        try await other.pull()
        #expect(throws: InvokeFailure.removed) { try other.invoke(.enqueue(4)) }
    }

    @Test func `begins anew, empty`() async throws {
        let handle = backend.client()
        try await handle.pull()
        try handle.invoke(.enqueue(1))
        try await handle.push()
        #expect(try await handle.remove())
        #expect(try await !handle.remove())
        #expect(try await handle.revive())
        #expect(try await !handle.revive())
        #expect(try await handle.call(.contents) == [])
        #expect(try await handle.call(.enqueue(7)) == 1)
    }

    @Test func `is removed once, however often the answer is lost`() async throws {
        backend.host(Queue.self)
        let handle = backend.client()
        try await handle.call(.enqueue(1))
        backend.failNextCall(.answerLost)
        #expect(try await handle.remove())
        backend.failNextCall(.answerLost)
        #expect(try await handle.revive())
    }

    @Test func `leaves a call in doubt that was repeated as another request`() async throws {
        backend.host(Queue.self)
        let handle = backend.client()
        try await handle.call(.enqueue(1))
        try await handle.remove()
        let second = Duration.seconds(1)
        backend.failNextCall(.answerLost)
        await #expect(throws: CallFailure.removed) {
            try await handle.call(.enqueue(2), policy: .exactlyOnce(deadline: second))
        }
        await #expect(throws: CallFailure.removed) {
            try await handle.call(.enqueue(2), policy: .atLeastOnce(deadline: second))
        }
        backend.failNextCall(.answerLost)
        do throws(CallFailure) {
            try await handle.call(.enqueue(2), policy: .atLeastOnce(deadline: second))
            Issue.record("the object was removed")
        } catch {
            guard case .unknown = error else { throw error }
        }
    }

    @Test func `never does later what it refused, not even once it is there again`() async throws {
        backend.host(Queue.self)
        let handle = backend.client()
        try await handle.call(.enqueue(1))
        try await handle.remove()
        backend.failNextCall(.answerLost)
        let policy = CallPolicy.atMostOnce
        let request: Request
        do throws(CallFailure) {
            try await handle.call(.enqueue(2), policy: policy)
            Issue.record("the answer was lost")
            return
        } catch {
            guard case .unknown(let unknown) = error else { throw error }
            request = unknown
        }
        try await handle.revive()
        // A late duplicate of the same request.
        var writer = Writer()
        let header = CallHeader(
            session: request.session, request: request.number, lowest: 0, operation: .method)
        writer.methodEntry(header, Queue.Method.enqueue(2))
        let replies = await backend.call(
            handle.name, kind: .entry, entries: writer.bytes, count: 1, timeout: .seconds(1))
        #expect(replies.map(\.outcome) == [.removed])
        #expect(try await handle.call(.contents) == [])
    }

    @Test func `is removed in its snapshots too`() throws {
        var replica = ObjectReplica<Queue>()
        var writer = Writer()
        writer.openEntry(session: 1)
        let header = CallHeader(session: 1, request: 1, lowest: 1, operation: .remove)
        writer.entry(.call) { header.write(to: &$0) }
        var results = Writer()
        writer.bytes.withUnsafeBytes {
            replica.apply(block: $0, count: 2, first: 1, results: &results)
        }
        #expect(replica.isRemoved)
        #expect(try ObjectReplica<Queue>.decoded(from: replica.encoded()) == replica)
    }
}

@Suite struct `The inventory of a backend` {
    let backend = LocalBackend()

    init() { backend.host(Queue.self) }

    @Test func `lists what was created, in order, until it is removed`() async throws {
        #expect(try await backend.objects() == [])
        #expect(try await backend.create(Queue.self, named: "b"))
        #expect(try await backend.create(Queue.self, named: "a"))
        #expect(try await !backend.create(Queue.self, named: "a"))
        #expect(try await backend.objects().map(\.name) == ["a", "b"])
        #expect(try await backend.remove(Queue.self, named: "a"))
        #expect(try await !backend.remove(Queue.self, named: "a"))
        #expect(try await backend.objects().map(\.name) == ["b"])
    }

    @Test func `lists more names than one answer holds`() async throws {
        let names = (0..<Inventory.pageMax + 3).map { "object \(1_000_000 + $0)" }
        let inventory = Handle(Inventory.self, named: Inventory.name, on: backend)
        try await inventory.batch { batch throws(InvokeFailure) in
            for name in names.shuffled() {
                let _: Bool = try batch.invoke(.add(ObjectName(type: "Queue", name: name)))
            }
        }
        #expect(try await backend.objects().map(\.name) == names)
    }

    @Test func `is repaired by creating or removing again after a failure between its two steps`()
        async throws
    {
        backend.failNextCall(.fails(.rejected))
        await #expect(throws: CallFailure.rejected) {
            try await backend.remove(Queue.self, named: "a")
        }
        try await backend.create(Queue.self, named: "a")
        try await Handle(Queue.self, named: "a", on: backend).remove()
        #expect(try await backend.objects().map(\.name) == ["a"])
        #expect(try await !backend.remove(Queue.self, named: "a"))
        #expect(try await backend.objects() == [])
    }

    @Test func `refuses a state whose names do not rise`() throws {
        var writer = Writer()
        let names = ["b", "a"].map { ObjectName(type: "Queue", name: $0) }
        names.write(to: &writer)
        #expect(throws: DecodingFailure.malformed) {
            try Reader.read(writer.bytes) { reader throws(DecodingFailure) in
                try Inventory.readState(from: &reader)
            }
        }
    }
}
