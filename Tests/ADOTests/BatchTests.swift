import ADO
import TestSupport
import Testing

@Suite struct `A batch` {
    let backend = LocalBackend()

    @Test func `pulls, invokes many, and pushes once`() async throws {
        let handle = backend.client()
        backend.failNextPush(.refused(.tooLarge))
        let counts = try? await handle.batch { batch throws(InvokeFailure) in
            [try batch.invoke(.enqueue(1)), try batch.invoke(.enqueue(2))]
        }
        // The one push that was refused is the only one there was.
        #expect(counts == nil)
        #expect(backend.numbers == [])
        try await handle.push()
        #expect(backend.numbers == [1, 2])
    }

    @Test func `returns what its closure returned`() async throws {
        let handle = backend.client()
        let sum = try await handle.batch { batch throws(InvokeFailure) in
            let first: Int = try batch.invoke(.enqueue(5))
            let second: Int = try batch.invoke(.enqueue(6))
            #expect(batch.state.numbers == [5, 6])
            return first + second
        }
        #expect(sum == 3)
        #expect(backend.numbers == [5, 6])
        #expect(handle.pending.isEmpty)
    }

    @Test func `drops everything if its closure throws`() async throws {
        let handle = backend.client()
        try await handle.pull()
        try handle.invoke(.enqueue(1))
        await #expect(throws: BatchFailure.notInvoked(.thrown(.emptyQueue))) {
            try await handle.batch { batch throws(InvokeFailure) in
                let _: Int = try batch.invoke(.dequeue)
                let _: Int = try batch.invoke(.dequeue)
            }
        }
        #expect(handle.state?.numbers == [1])
        #expect(handle.pending.count == 1)
        try await handle.push()
        #expect(backend.numbers == [1])
    }

    @Test func `commits a failure that its closure caught`() async throws {
        let handle = backend.client()
        try await handle.batch { batch throws(InvokeFailure) in
            let taken: Int? = try? batch.invoke(.dequeue)
            #expect(taken == nil)
            let _: Int = try batch.invoke(.enqueue(9))
        }
        #expect(backend.numbers == [9])
    }

    @Test func `says that nothing was done where it could not pull`() async throws {
        let handle = backend.client()
        backend.failNextPull(.fails(.noQuorum))
        var ran = false
        await #expect(throws: BatchFailure.notPulled(.noQuorum)) {
            try await handle.batch { _ throws(InvokeFailure) in ran = true }
        }
        #expect(!ran)
    }

    @Test func `says what is unknown of a push that failed`() async throws {
        let handle = backend.client()
        backend.failNextPush(.answerLost)
        do {
            try await handle.batch { batch throws(InvokeFailure) in
                let _: Int = try batch.invoke(.enqueue(1))
            }
            Issue.record("the push must fail")
        } catch .notPushed(.unknown(let requests)) {
            let request = try #require(requests.first)
            #expect(try await handle.settle(request, as: Int.self) == .done(1))
        }
        #expect(backend.numbers == [1])
    }

    @Test func `is refused once somebody else took over`() async throws {
        let first = backend.client()
        let second = backend.client()
        try await first.pull()
        try await second.pull()
        await #expect(throws: BatchFailure.self) {
            try await first.batch { batch throws(InvokeFailure) in
                let _: Int = try batch.invoke(.enqueue(1))
            }
        }
        #expect(backend.numbers == [])
        try await first.batch { batch throws(InvokeFailure) in
            let _: Int = try batch.invoke(.enqueue(2))
        }
        #expect(backend.numbers == [2])
    }
}
