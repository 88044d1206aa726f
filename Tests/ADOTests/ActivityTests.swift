import ADO
import Synchronization
import TestSupport
import Testing

@Suite struct `An activity` {
    private final class Events: EventJournal {
        let all = Mutex<[ExternalEvent]>([])

        func record(_ event: ExternalEvent) { all.withLock { $0.append(event) } }
    }

    private let events = Events()
    private let backend: LocalBackend

    init() {
        backend = LocalBackend(journal: events)
        backend.host(Queue.self)
    }

    private func queue(_ name: String) -> Handle<Queue> { Handle(named: name, on: backend) }

    /// What the calls of methods in a log recorded.
    private func origins(
        _ name: String, on backend: LocalBackend? = nil
    ) async throws -> [Origin?] {
        let handle = Handle<Queue>(named: name, on: backend ?? self.backend)
        let last = (backend ?? self.backend).committed(Queue.self, named: name)?.lastIndex ?? 0
        var origins: [Origin?] = []
        for try await element in handle.changes() {
            guard case .change(let change) = element else { continue }
            if change.method != nil { origins.append(change.origin) }
            if change.index == last { break }
        }
        return origins
    }

    @Test func `is the caller of its calls, which count in the order of their issue`() async throws
    {
        let (left, right) = (queue("left"), queue("right"))
        let invocation = try await Activity.run("move", invocation: 7) {
            () async throws -> UInt64? in
            try await left.call(.enqueue(1))
            try await right.call(.enqueue(2))
            return Activity.current?.invocation
        }
        #expect(invocation == 7)
        let callers = try await (origins("left") + origins("right")).map { $0?.caller }
        #expect(
            callers == [
                .init(name: "move", invocation: 7, step: 1),
                .init(name: "move", invocation: 7, step: 2),
            ])
    }

    @Test func `leaves in an entry what it had seen of other objects`() async throws {
        let (left, right) = (queue("left"), queue("right"))
        try await Activity.run("move") {
            try await left.call(.enqueue(1))
            try await right.call(.enqueue(2))
        }
        let tag = ObjectTag(of: ObjectName(type: Queue.typeName, name: "left"))
        let seen = try #require(try await origins("right").first??.seen.first)
        guard case .reply(of: tag, index: let index, digest: let digest) = seen else {
            Issue.record("\(seen) is no reply of the other object")
            return
        }
        #expect(index == backend.committed(Queue.self, named: "left")?.lastIndex)
        #expect(digest == ReplyDigest.of(Reply(.ok, payload: 1.encoded())))
    }

    @Test func `within another one is a part of it`() async throws {
        let handle = queue("left")
        try await Activity.run("outer") {
            try await handle.call(.enqueue(1))
            try await Activity.run("inner") { _ = try await handle.call(.enqueue(2)) }
        }
        let callers = try await origins("left").map { $0?.caller }
        #expect(callers.map { $0?.name } == ["outer", "outer/inner"])
        #expect(callers.map { $0?.step } == [1, 2])
        #expect(Set(callers.map { $0?.invocation }).count == 1)
    }

    @Test func `belongs to the tasks that it starts as well`() async throws {
        let handles = (0..<4).map { queue("q\($0)") }
        try await Activity.run("spread", invocation: 3) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for handle in handles {
                    group.addTask { _ = try await handle.call(.enqueue(1)) }
                }
                try await group.waitForAll()
            }
        }
        var steps: Set<UInt64?> = []
        for place in 0..<4 {
            let origin = try await origins("q\(place)").first
            #expect(origin??.caller?.invocation == 3)
            steps.insert(origin??.caller?.step)
        }
        #expect(steps == [1, 2, 3, 4])
    }

    @Test func `records and writes down a push that failed`() async throws {
        let (left, right) = (queue("left"), queue("right"))
        try await left.pull()
        await Activity.run("move", invocation: 9) {
            _ = try? left.invoke(.enqueue(1))
            backend.failNextPush(.preempted(stranded: false))
            _ = try? await left.push()
            _ = try? await right.call(.enqueue(2))
        }
        let name = ObjectName(type: Queue.typeName, name: "left")
        let seen = try await origins("right").first??.seen
        #expect(seen == [.failure(of: ObjectTag(of: name), .preempted, in: .push)])
        let event = try #require(events.all.withLock { $0 }.first)
        #expect(event.object == name)
        #expect(event.step == .push && event.cause == .preempted && event.by != nil)
        #expect(event.caller == .init(name: "move", invocation: 9, step: 1))
        #expect(try ExternalEvent.decoded(from: event.encoded()) == event)
    }

    @Test func `says first what decided, whatever it saw since`() async throws {
        let (left, right) = (queue("left"), queue("right"))
        try await Activity.run("move") {
            try await left.call(.enqueue(1))
            Activity.current?.decide(by: left.name)
            for place in 0..<9 { _ = try await queue("other \(place)").call(.enqueue(1)) }
            try await left.call(.enqueue(2))
            try await right.call(.enqueue(2))
        }
        let seen = try #require(try await origins("right").first??.seen.first)
        guard case .reply(of: ObjectTag(of: left.name), index: 2, _) = seen else {
            Issue.record("\(seen) is not the reply that decided")
            return
        }
    }
}

extension `An activity` {
    @Test func `is not needed for a handle to record what it saw of its object`() async throws {
        let handle = queue("left")
        try await handle.call(.enqueue(1))
        _ = try await handle.call(.contents)
        try await handle.call(.enqueue(2))
        let origins = try await origins("left")
        #expect(origins.first == .some(nil))
        #expect(origins.last == Origin(seen: [.state(of: nil, index: 2)]))
    }

    @Test func `leaves nothing where recording is off`() async throws {
        let backend = LocalBackend(recordsOrigins: false)
        backend.host(Queue.self)
        let handle = Handle<Queue>(named: "left", on: backend)
        try await Activity.run("move") {
            try await handle.call(.enqueue(1))
            try await handle.call(.enqueue(2))
        }
        #expect(try await origins("left", on: backend) == [nil, nil])
    }

    @Test func `is the same through every attempt of a call`() async throws {
        let handle = queue("left")
        try await Activity.run("again", invocation: 5) {
            backend.failNextCall(.answerLost)
            try await handle.call(.enqueue(1))
        }
        let origins = try await origins("left")
        #expect(origins.count == 2)
        #expect(Set(origins).count == 1)
    }
}
