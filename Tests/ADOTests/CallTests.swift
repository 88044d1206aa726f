import ADO
import TestSupport
import Testing

extension CallPolicy {
    /// For tests that share two processors with all the others.
    fileprivate static let patient = CallPolicy.exactlyOnce(deadline: .seconds(60))
}

@Suite struct `A call` {
    let backend = LocalBackend()

    init() {
        backend.host(Queue.self)
    }

    @Test func `is done once and answered`() async throws {
        let handle = backend.client()
        #expect(try await handle.call(.enqueue(1)) == 1)
        #expect(try await handle.call(.enqueue(2)) == 2)
        #expect(try await handle.call(.contents) == [1, 2])
        #expect(!handle.isOwner)
    }

    @Test func `passes on what the method threw`() async throws {
        let handle = backend.client()
        await #expect(throws: CallFailure.thrown(.emptyQueue)) { try await handle.call(.dequeue) }
    }

    @Test(arguments: [LocalFault.Call.answerLost, .delayed, .fails(.unknown)])
    func `is done once although its answers are lost`(fault: LocalFault.Call) async throws {
        let handle = backend.client()
        for _ in 0..<3 { backend.failNextCall(fault) }
        #expect(try await handle.call(.enqueue(1), policy: .patient) == 1)
        backend.deliverDelayed()
        #expect(backend.numbers == [1])
        #expect(try await handle.call(.dequeue) == 1)
    }

    @Test func `may be done again if it is to be done at least once`() async throws {
        let handle = backend.client()
        for _ in 0..<2 { backend.failNextCall(.answerLost) }
        let policy = CallPolicy.atLeastOnce(deadline: .seconds(60))
        #expect(try await handle.call(.enqueue(1), policy: policy) == 3)
    }

    @Test func `is not repeated if it is to be done at most once`() async throws {
        let handle = backend.client()
        backend.failNextCall(.fails(.unknown))
        await #expect(throws: CallFailure.self) {
            try await handle.call(.enqueue(1), policy: .atMostOnce)
        }
        #expect(backend.numbers == nil)
        for (outcome, failure) in [
            (ReplyOutcome.busy, CallFailure.busy), (.noQuorum, .noQuorum),
            (.storageFull, .storageFull), (.closed, .closed), (.rejected, .rejected),
            (.tooLarge, .tooLarge), (.notOpen, .noQuorum),
        ] {
            backend.failNextCall(.fails(outcome))
            await #expect(throws: failure) {
                try await handle.call(.enqueue(1), policy: .atMostOnce)
            }
        }
        #expect(backend.numbers == nil)
    }

    @Test func `is tried again after failures that are definite`() async throws {
        let handle = backend.client()
        for outcome in [ReplyOutcome.busy, .noQuorum, .storageFull, .notOpen] {
            backend.failNextCall(.fails(outcome))
        }
        #expect(try await handle.call(.enqueue(1), policy: .patient) == 1)
        #expect(backend.numbers == [1])
    }

    @Test func `ends at its deadline, unknown if it was tried, or not done`() async throws {
        let handle = backend.client()
        for _ in 0..<1000 { backend.failNextCall(.fails(.noQuorum)) }
        let policy = CallPolicy.exactlyOnce(deadline: .milliseconds(60))
        await #expect(throws: CallFailure.noQuorum) {
            try await handle.call(.enqueue(1), policy: policy)
        }
        await #expect(throws: CallFailure.noQuorum) {
            try await handle.call(.contents, policy: policy)
        }
        let other = LocalBackend()
        other.host(Queue.self)
        for _ in 0..<1000 { other.failNextCall(.fails(.unknown)) }
        let client = other.client()
        do {
            try await client.call(.enqueue(1), policy: policy)
            Issue.record("a call succeeded that nobody did")
        } catch {
            guard case .unknown(let request) = error else { throw error }
            #expect(request.number == 1)
        }
    }

    @Test func `does not wait for a backend that hangs`() async throws {
        let handle = backend.client()
        let start = ContinuousClock.now
        for _ in 0..<2 { backend.failNextCall(.hangs) }
        await #expect(throws: CallFailure.self) {
            try await handle.call(
                .enqueue(1), policy: .exactlyOnce(deadline: .milliseconds(100)))
        }
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test func `is unknown when its task is cancelled while it is under way`() async throws {
        let handle = backend.client()
        backend.failNextCall(.hangs)
        let calling = Task { () -> CallFailure? in
            do throws(CallFailure) {
                try await handle.call(.enqueue(1))
                return nil
            } catch {
                return error
            }
        }
        try await Task.sleep(for: .milliseconds(20))
        calling.cancel()
        switch await calling.value {
        case .unknown, .interrupted: break
        case let other: Issue.record("\(String(describing: other))")
        }
    }

    @Test func `of a type that nobody hosts is said to be so`() async throws {
        let handle = Handle(Queue.self, named: "q", on: LocalBackend())
        await #expect(throws: CallFailure.self) { try await handle.call(.enqueue(1)) }
        do {
            try await handle.call(.enqueue(1))
        } catch {
            guard case .unhosted = error else { throw error }
        }
    }

    @Test func `is pushed by a handle that owns, after what is pending`() async throws {
        let handle = backend.client()
        try await handle.pull()
        try handle.invoke(.enqueue(1))
        #expect(try await handle.call(.enqueue(2)) == 2)
        #expect(backend.numbers == [1, 2])
        #expect(handle.isOwner)
        #expect(handle.pending == [])
        #expect(try await handle.call(.enqueue(3)) == 3)
        await #expect(throws: CallFailure.thrown(.emptyQueue)) {
            for _ in 0..<4 { try await handle.call(.dequeue) }
        }
    }

    @Test(arguments: [
        LocalFault.Push.lost, .stranded, .answerLost, .partial(1), .preempted(stranded: true),
        .preempted(stranded: false), .refused(.busy), .refused(.storageFull), .refused(.stale),
    ])
    func `is done once although the owner's push fails`(fault: LocalFault.Push) async throws {
        let handle = backend.client()
        try await handle.pull()
        backend.failNextPush(fault)
        #expect(try await handle.call(.enqueue(7), policy: .patient) == 1)
        #expect(backend.numbers == [7])
        #expect(try await handle.call(.contents) == [7])
    }

    @Test func `of an owner that was preempted goes to the others`() async throws {
        let handle = backend.client()
        try await handle.pull()
        let other = backend.client()
        try await other.call(.enqueue(1))
        #expect(try await handle.call(.enqueue(2)) == 2)
        #expect(!handle.isOwner)
        #expect(backend.numbers == [1, 2])
    }

    @Test func `is done once each when many are under way`() async throws {
        let handle = backend.client()
        var random = SeededGenerator(seed: 29)
        for _ in 0..<60 {
            backend.failNextCall(random.oneIn(2) ? .answerLost : .fails(.busy))
        }
        let lengths = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<100 {
                group.addTask { try await handle.call(.enqueue(number), policy: .patient) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(lengths.sorted() == Array(1...100))
        #expect(backend.numbers?.sorted() == Array(0..<100))
    }

    @Test func `is done once each when many push on one branch`() async throws {
        let handle = backend.client()
        try await handle.pull()
        for fault: LocalFault.Push in [.lost, .answerLost, .partial(2), .refused(.busy)] {
            backend.failNextPush(fault)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask {
                    _ = try await handle.call(.enqueue(number), policy: .patient)
                }
            }
            try await group.waitForAll()
        }
        #expect(backend.numbers?.sorted() == Array(0..<50))
    }

    /// Those that come last to the new owner must not have been given up by those that come first.
    @Test(arguments: [
        LocalFault.Push.refused(.stale), .preempted(stranded: true), .preempted(stranded: false),
    ])
    func `is done once each when many lose their branch`(fault: LocalFault.Push) async throws {
        for _ in 0..<20 {
            let handle = backend.client()
            try await handle.pull()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 {
                    if number == 25 { backend.failNextPush(fault) }
                    group.addTask {
                        _ = try await handle.call(.enqueue(number), policy: .patient)
                    }
                }
                try await group.waitForAll()
            }
        }
        let numbers = (0..<20).flatMap { _ in 0..<50 }
        #expect(backend.numbers?.sorted() == numbers.sorted())
    }

    @Test(arguments: [false, true]) func `opens a new session when its own was evicted`(
        owns: Bool
    ) async throws {
        let handle = backend.client()
        try await handle.call(.enqueue(1))
        // As many sessions as an object remembers.
        var writer = Writer()
        for session: UInt64 in 1...4096 { writer.openEntry(session: session) }
        let replies = await backend.call(
            handle.name, kind: .entry, entries: writer.bytes, count: 4096, timeout: .seconds(1))
        #expect(replies.allSatisfy { $0.outcome == .ok })
        if owns { try await handle.pull() }
        #expect(try await handle.call(.enqueue(2)) == 2)
        #expect(backend.numbers == [1, 2])
    }
}

@Suite struct `Settling a request` {
    let backend = LocalBackend()

    init() {
        backend.host(Queue.self)
    }

    /// Calls once with a fault, and returns the request that is unknown after it.
    private func unknownCall(
        _ handle: Handle<Queue>, _ call: Call<Queue, Int>, _ fault: LocalFault.Call
    ) async throws -> Request {
        backend.failNextCall(fault)
        do throws(CallFailure) {
            try await handle.call(call, policy: .atMostOnce)
        } catch {
            guard case .unknown(let request) = error else { throw error }
            return request
        }
        throw CallFailure.busy
    }

    @Test func `finds the result of one that was done`() async throws {
        let handle = backend.client()
        let request = try await unknownCall(handle, .enqueue(5), .answerLost)
        #expect(try await handle.settle(request, as: Int.self) == .done(1))
        #expect(backend.numbers == [5])
    }

    @Test func `finds what one that was done threw`() async throws {
        let handle = backend.client()
        let request = try await unknownCall(handle, .dequeue, .answerLost)
        #expect(try await handle.settle(request, as: Int.self) == .thrown(.emptyQueue))
    }

    @Test func `keeps one that was not done from being done later`() async throws {
        let handle = backend.client()
        let request = try await unknownCall(handle, .enqueue(5), .delayed)
        #expect(try await handle.settle(request, as: Int.self) == .cancelled)
        backend.deliverDelayed()
        #expect(backend.numbers == [])
        #expect(try await handle.call(.enqueue(6)) == 1)
    }

    @Test func `gives the same answer twice, also through lost answers`() async throws {
        let handle = backend.client()
        let request = try await unknownCall(handle, .enqueue(5), .answerLost)
        for _ in 0..<2 { backend.failNextCall(.answerLost) }
        #expect(
            try await handle.settle(request, as: Int.self, deadline: .seconds(60)) == .done(1))
        #expect(try await handle.settle(request, as: Int.self) == .done(1))
        try await handle.call(.enqueue(6))
        #expect(try await handle.settle(request, as: Int.self) == .forgotten)
    }

    @Test func `finds that one was refused because the object was removed`() async throws {
        let handle = backend.client()
        try await handle.call(.enqueue(1))
        #expect(try await handle.remove())
        let request = try await unknownCall(handle, .enqueue(5), .answerLost)
        #expect(try await handle.settle(request, as: Int.self) == .cancelled)
    }

    @Test(arguments: [true, false])
    func `resolves what a preempted push had sent`(stranded: Bool) async throws {
        let handle = backend.client()
        try await handle.pull()
        try handle.invoke(.enqueue(5))
        backend.failNextPush(.preempted(stranded: stranded))
        var unknown: [Request] = []
        do throws(PushFailure) {
            try await handle.push()
        } catch {
            if case .preempted(_, let requests) = error { unknown = requests }
        }
        let request = try #require(unknown.first)
        let settlement = try await handle.settle(request, as: Int.self)
        #expect(settlement == (stranded ? .done(1) : .cancelled))
        #expect(backend.numbers == (stranded ? [5] : []))
    }

    @Test func `by the owner goes through its own branch`() async throws {
        let handle = backend.client()
        let request = try await unknownCall(handle, .enqueue(5), .delayed)
        try await handle.pull()
        #expect(try await handle.settle(request, as: Int.self) == .cancelled)
        #expect(handle.isOwner)
        backend.deliverDelayed()
        #expect(backend.numbers == [])
    }

    @Test func `answers forgotten for a session that is gone`() async throws {
        let handle = backend.client()
        let request = try await unknownCall(handle, .enqueue(5), .answerLost)
        var writer = Writer()
        for session: UInt64 in 1...4096 { writer.openEntry(session: session) }
        _ = await backend.call(
            handle.name, kind: .entry, entries: writer.bytes, count: 4096, timeout: .seconds(1))
        #expect(try await handle.settle(request, as: Int.self) == .forgotten)
    }
}
