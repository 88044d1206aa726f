import ADO
import TestSupport
import Testing

@Suite struct `A handle` {
    let backend = LocalBackend()

    // MARK: Pull

    @Test func `pulls the state and owns`() async throws {
        let handle = backend.client()
        #expect(!handle.isOwner)
        #expect(handle.state == nil)
        #expect(handle.committed == nil)
        #expect(try await handle.pull().numbers == [])
        #expect(handle.isOwner)
        #expect(handle.state == Queue())
    }

    @Test(arguments: [
        PullFailure.preempted(by: Ballot(round: 9, node: 3)), .noQuorum, .storageFailed, .busy,
        .closed,
    ])
    func `says why a pull failed`(failure: PullFailure) async throws {
        let handle = backend.client()
        backend.failNextPull(.fails(failure))
        await #expect(throws: failure) { try await handle.pull() }
        #expect(!handle.isOwner)
        #expect(throws: InvokeFailure.notPulled) { try handle.invoke(.enqueue(1)) }
        try await handle.pull()
        #expect(handle.isOwner)
    }

    @Test func `loses its branch when its own new pull is preempted`() async throws {
        let handle = backend.client()
        try await handle.pull()
        try handle.invoke(.enqueue(1))
        backend.failNextPull(.fails(.preempted(by: Ballot(round: 9, node: 3))))
        await #expect(throws: PullFailure.self) { try await handle.pull() }
        #expect(throws: InvokeFailure.stale) { try handle.invoke(.enqueue(2)) }
    }

    @Test func `keeps its branch when its own new pull found no quorum`() async throws {
        let handle = backend.client()
        try await handle.pull()
        try handle.invoke(.enqueue(1))
        backend.failNextPull(.fails(.noQuorum))
        await #expect(throws: PullFailure.noQuorum) { try await handle.pull() }
        try await handle.push()
        #expect(backend.numbers == [1])
    }

    @Test func `drops with a new pull what was not pushed`() async throws {
        let handle = backend.client()
        try await handle.pull()
        try handle.invoke(.enqueue(1))
        try await handle.pull()
        #expect(handle.state?.numbers == [])
        #expect(handle.pending == [])
        try handle.invoke(.enqueue(2))
        try await handle.push()
        #expect(backend.numbers == [2])
    }

    // MARK: Invoke

    @Test func `invokes on the speculative state alone`() async throws {
        let handle = backend.client()
        try await handle.pull()
        #expect(try handle.invoke(.enqueue(4)) == 1)
        #expect(try handle.invoke(.enqueue(5)) == 2)
        #expect(try handle.invoke(.contents) == [4, 5])
        #expect(handle.state?.numbers == [4, 5])
        #expect(handle.committed?.numbers == [])
        #expect(handle.pending.map(\.number) == [1, 2, 3])
        #expect(backend.numbers == [])
    }

    @Test func `passes on what a method threw, and commits that it threw`() async throws {
        let handle = backend.client()
        try await handle.pull()
        #expect(throws: InvokeFailure.thrown(.emptyQueue)) { try handle.invoke(.dequeue) }
        let request = try #require(handle.pending.first)
        try await handle.push()
        #expect(try await handle.settle(request, as: Int.self) == .thrown(.emptyQueue))
    }

    @Test func `refuses an invocation that no entry can hold`() async throws {
        struct Note: AtomicObject {
            struct Method: ObjectMethod {
                var text: [UInt8]
                var isReadOnly: Bool { false }
                func write(to writer: inout Writer) { writer.bytes(text) }
                static func read(from reader: inout Reader) throws(DecodingFailure) -> Method {
                    Method(text: try reader.byteArray())
                }
            }
            static let typeName = "Note"
            var size = 0
            mutating func apply(_ method: Method, result: inout Writer) {
                size = method.text.count
                size.write(to: &result)
            }
            func writeState(to writer: inout Writer) { size.write(to: &writer) }
            static func readState(from reader: inout Reader) throws(DecodingFailure) -> Note {
                Note(size: try .read(from: &reader))
            }
        }
        let handle = Handle(Note.self, named: "n", on: backend)
        try await handle.pull()
        let large = Call<Note, Int>(Note.Method(text: Array(repeating: 0, count: 2 << 20)))
        #expect(throws: InvokeFailure.tooLarge) { try handle.invoke(large) }
        await #expect(throws: CallFailure.tooLarge) { try await handle.call(large) }
        let fitting = Call<Note, Int>(Note.Method(text: Array(repeating: 0, count: 1000_000)))
        for _ in 0..<16 { try handle.invoke(fitting) }
        #expect(throws: InvokeFailure.busy) {
            for _ in 0..<2 { try handle.invoke(fitting) }
        }
        // More than one push of the backend carries.
        try await handle.push()
        #expect(handle.pending == [])
    }

    // MARK: Push

    @Test func `commits what was invoked, with the results given out`() async throws {
        let handle = backend.client()
        try await handle.pull()
        let lengths = try (1...3).map { try handle.invoke(.enqueue($0)) }
        let through = try await handle.push()
        #expect(lengths == [1, 2, 3])
        #expect(backend.numbers == [1, 2, 3])
        #expect(handle.committed?.numbers == [1, 2, 3])
        #expect(handle.pending == [])
        // The entry that opened the session, and three calls.
        #expect(through == 4)
    }

    @Test func `goes on without another pull after a full push`() async throws {
        let handle = backend.client()
        try await handle.pull()
        for number in 1...5 {
            try handle.invoke(.enqueue(number))
            try await handle.push()
        }
        #expect(backend.numbers == [1, 2, 3, 4, 5])
    }

    @Test func `needs a pull before a push, and nothing else for an empty one`() async throws {
        let handle = backend.client()
        await #expect(throws: PushFailure.notPulled) { try await handle.push() }
        try await handle.pull()
        #expect(try await handle.push() == 0)
        #expect(backend.committed(Queue.self, named: "q")?.lastIndex == 0)
    }

    @Test func `settles an inherited branch with a barrier of its own`() async throws {
        let first = backend.client()
        try await first.pull()
        try first.invoke(.enqueue(1))
        backend.failNextPush(.stranded)
        await #expect(throws: PushFailure.self) { try await first.push() }

        let second = backend.client()
        #expect(try await second.pull().numbers == [1])
        #expect(second.committed?.numbers == [])
        #expect(second.pending == [])
        // Open, call, barrier.
        #expect(try await second.push() == 3)
        #expect(backend.numbers == [1])
        #expect(second.committed?.numbers == [1])
    }

    @Test func `keeps the rest of a partial push and pushes it without a pull`() async throws {
        let handle = backend.client()
        try await handle.pull()
        for number in 1...3 { try handle.invoke(.enqueue(number)) }
        let requests = handle.pending
        backend.failNextPush(.partial(3))
        await #expect(
            throws: PushFailure.partial(committed: 3, pending: Array(requests[2...]))
        ) { try await handle.push() }
        #expect(handle.committed?.numbers == [1, 2])
        #expect(handle.state?.numbers == [1, 2, 3])
        #expect(handle.isOwner)
        try handle.invoke(.enqueue(4))
        try await handle.push()
        #expect(backend.numbers == [1, 2, 3, 4])
        #expect(handle.committed?.numbers == [1, 2, 3, 4])
    }

    @Test func `loses its branch when it is preempted`() async throws {
        let handle = backend.client()
        try await handle.pull()
        try handle.invoke(.enqueue(1))
        let requests = handle.pending
        let other = backend.client()
        try await other.pull()
        do {
            try await handle.push()
            Issue.record("a push under an old ballot succeeded")
        } catch {
            guard case .preempted(let ballot, let unknown) = error else { throw error }
            #expect(ballot.round == 2)
            #expect(unknown == requests)
        }
        #expect(!handle.isOwner)
        #expect(handle.state == nil)
        #expect(handle.committed?.numbers == [])
        #expect(throws: InvokeFailure.stale) { try handle.invoke(.enqueue(2)) }
        await #expect(throws: PushFailure.stale(unknown: requests)) { try await handle.push() }
        try await handle.pull()
        try handle.invoke(.enqueue(3))
        try await handle.push()
        #expect(backend.numbers == [3])
    }

    @Test func `may be found committed after a push that nobody knows of`() async throws {
        let handle = backend.client()
        try await handle.pull()
        try handle.invoke(.enqueue(1))
        let requests = handle.pending
        backend.failNextPush(.answerLost)
        await #expect(throws: PushFailure.unknown(requests)) { try await handle.push() }
        #expect(handle.pending == requests)
        #expect(handle.isOwner)
        try await handle.push()
        #expect(backend.numbers == [1])
        #expect(handle.pending == [])
    }

    @Test func `pushes again what reached nobody`() async throws {
        let handle = backend.client()
        try await handle.pull()
        try handle.invoke(.enqueue(1))
        backend.failNextPush(.lost)
        await #expect(throws: PushFailure.self) { try await handle.push() }
        #expect(backend.numbers == [])
        try await handle.push()
        #expect(backend.numbers == [1])
    }

    @Test(arguments: [
        (PushReport.storageFull, PushFailure.storageFull), (.busy, .busy), (.tooLarge, .tooLarge),
        (.closed, .closed),
    ])
    func `keeps pending what was definitely not sent`(
        report: PushReport, failure: PushFailure
    ) async throws {
        let handle = backend.client()
        try await handle.pull()
        try handle.invoke(.enqueue(1))
        backend.failNextPush(.refused(report))
        await #expect(throws: failure) { try await handle.push() }
        #expect(handle.pending.count == 1)
        try await handle.push()
        #expect(backend.numbers == [1])
    }

    @Test func `names as unknown only what was sent`() async throws {
        let handle = backend.client()
        try await handle.pull()
        try handle.invoke(.enqueue(1))
        let sent = handle.pending
        backend.failNextPush(.lost)
        await #expect(throws: PushFailure.unknown(sent)) { try await handle.push() }
        try handle.invoke(.enqueue(2))
        backend.failNextPush(.refused(.stale))
        await #expect(throws: PushFailure.stale(unknown: sent)) { try await handle.push() }
        #expect(!handle.isOwner)
    }

    @Test func `takes nothing for committed that was invoked while it pulled`() async throws {
        let meddled = MeddledBackend(backend)
        let handle = Handle(Queue.self, named: "q", on: meddled)
        try await handle.pull()
        meddled.onPull.set { #expect(throws: Never.self) { try handle.invoke(.enqueue(1)) } }
        try await handle.pull()
        #expect(handle.pending.isEmpty)
        await #expect(throws: PushFailure.stale(unknown: [])) { try await handle.push() }
        #expect(!handle.isOwner)
        meddled.onPull.set {}
        try await handle.pull()
        try handle.invoke(.enqueue(2))
        try await handle.push()
        #expect(backend.numbers == [2])
    }

    /// It was said to have failed, and what was there to be there still.
    @Test func `takes nothing for committed that a late pull drops`() async throws {
        let meddled = MeddledBackend(backend)
        let handle = Handle(Queue.self, named: "q", on: meddled)
        try await handle.pull()
        try handle.invoke(.enqueue(1))
        let gate = Gate()
        meddled.onPull.wait(for: gate)
        await #expect(throws: PullFailure.noQuorum) {
            try await handle.pull(timeout: .milliseconds(10))
        }
        #expect(handle.pending.count == 1)
        gate.open()
        var failure = PushFailure.busy
        try await poll(until: "the pull is over") {
            do throws(PushFailure) { try await handle.push() } catch { failure = error }
            return failure != .busy
        }
        #expect(failure == .stale(unknown: []))
        #expect((backend.numbers ?? []).isEmpty)
    }

    /// The report of the push goes to nobody, as it was late.
    @Test func `names as unknown what a late push had sent`() async throws {
        let meddled = MeddledBackend(backend)
        let handle = Handle(Queue.self, named: "q", on: meddled)
        try await handle.pull()
        try handle.invoke(.enqueue(1))
        let sent = handle.pending
        let gate = Gate()
        meddled.onPush.wait(for: gate)
        backend.failNextPush(.preempted(stranded: true))
        await #expect(throws: PushFailure.unknown(sent)) {
            try await handle.push(timeout: .milliseconds(10))
        }
        gate.open()
        try await poll(until: "the push is over") { !handle.isOwner }
        await #expect(throws: PushFailure.stale(unknown: sent)) { try await handle.push() }
        // Somebody else commits it.
        try await handle.pull()
        try await handle.push()
        #expect(backend.numbers == [1])
    }

    // MARK: Waiting

    @Test func `does not wait for a backend that hangs`() async throws {
        let handle = backend.client()
        let clock = ContinuousClock()
        let start = clock.now
        backend.failNextPull(.hangs)
        await #expect(throws: PullFailure.noQuorum) {
            try await handle.pull(timeout: .milliseconds(20))
        }
        // The pull is still under way.
        await #expect(throws: PullFailure.busy) { try await handle.pull() }
        let other = backend.client()
        try await other.pull()
        try other.invoke(.enqueue(1))
        let requests = other.pending
        backend.failNextPush(.hangs)
        // What it is sending may be done.
        await #expect(throws: PushFailure.unknown(requests)) {
            try await other.push(timeout: .milliseconds(20))
        }
        await #expect(throws: PushFailure.busy) { try await other.push() }
        #expect(other.pending == requests)
        #expect(clock.now - start < .seconds(20))
    }

    @Test func `ends waiting when its task is cancelled`() async throws {
        let handle = backend.client()
        backend.failNextPull(.hangs)
        let pulling = Task { () -> PullFailure? in
            do throws(PullFailure) {
                try await handle.pull(timeout: .seconds(60))
                return nil
            } catch {
                return error
            }
        }
        pulling.cancel()
        // Cancelled before it began, or while it waited: either way it was not done.
        #expect(await pulling.value == .cancelled)
    }

    @Test func `lets one push go on at a time, and invocations meanwhile`() async throws {
        let handle = backend.client()
        try await handle.pull()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    var refused = 0
                    for number in 0..<50 {
                        try handle.invoke(.enqueue(worker * 100 + number))
                        do throws(PushFailure) {
                            try await handle.push()
                        } catch {
                            guard error == .busy else { throw error }
                            refused += 1
                        }
                    }
                    return refused
                }
            }
            try await group.waitForAll()
        }
        try await handle.push()
        #expect(handle.pending == [])
        let numbers = try #require(backend.numbers)
        #expect(numbers.count == 400)
        #expect(Set(numbers).count == 400)
        #expect(handle.committed?.numbers == numbers)
    }

    // MARK: The paper

    /// The client's side of the worked example of "Much ADO about Failures": a queue, of which Eq2
    /// is committed, Eq3 was invoked by one client and Eq4 reached a minority for another.
    @Test func `follows the worked example of the paper`() async throws {
        let log = backend.client()
        try await log.pull()
        try log.invoke(.enqueue(2))
        try await log.push()
        let three = backend.client()
        try await three.pull()
        try three.invoke(.enqueue(3))
        let four = backend.client()
        try await four.pull()
        try four.invoke(.enqueue(4))
        backend.failNextPush(.stranded)
        await #expect(throws: PushFailure.self) { try await four.push() }

        let a = backend.client()
        backend.failNextPull(.fails(.noQuorum))
        await #expect(throws: PullFailure.noQuorum) { try await a.pull() }
        #expect(try await a.pull().numbers == [2, 4])
        try a.invoke(.enqueue(5))
        try a.invoke(.enqueue(6))
        backend.failNextPush(.lost)
        await #expect(throws: PushFailure.unknown(a.pending)) { try await a.push() }
        // Eq4 with the opening of its session, and Eq5 with that of A's.
        backend.failNextPush(.partial(4))
        await #expect(
            throws: PushFailure.partial(committed: 6, pending: Array(a.pending[1...]))
        ) { try await a.push() }
        #expect(backend.numbers == [2, 4, 5])
        await #expect(throws: PushFailure.self) { try await three.push() }
        try await a.push()
        #expect(backend.numbers == [2, 4, 5, 6])
    }
}
