import ADO
import ADOObjects
import Synchronization
import Testing

@testable import ADOApps

/// A backend on whose clock each call takes a second.
private struct TickingBackend: Backend {
    let clock = Clock()
    let backend = LocalBackend()

    final class Clock: Surroundings {
        private let time = Mutex(Duration.zero)
        private let real = RealSurroundings()

        var now: Duration { time.withLock { $0 } }

        func tick() { time.withLock { $0 += .seconds(1) } }

        func pause(_ duration: Duration) async -> Bool {
            time.withLock { $0 += duration }
            return true
        }

        @discardableResult
        func start(_ work: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
            real.start(work)
        }

        func alarm(after delay: Duration, _ ring: @escaping @Sendable () -> Void) -> Alarm {
            real.alarm(after: delay + .seconds(60), ring)
        }

        func random() -> UInt64 { real.random() }
    }

    var surroundings: any Surroundings { clock }

    func pull<Object: AtomicObject>(
        _ object: ObjectName, as type: Object.Type, timeout: Duration
    ) async throws(PullFailure) -> Pulled<Object> {
        try await backend.pull(object, as: type, timeout: timeout)
    }

    func push(
        _ object: ObjectName, ballot: Ballot, entries: [UInt8], count: Int, timeout: Duration
    ) async -> PushReport {
        await backend.push(
            object, ballot: ballot, entries: entries, count: count, timeout: timeout)
    }

    func call(
        _ object: ObjectName, kind: CallKind, entries: [UInt8], count: Int, timeout: Duration
    ) async -> [Reply] {
        guard timeout > .zero else { return Array(repeating: Reply(.noQuorum), count: count) }
        clock.tick()
        return await backend.call(
            object, kind: kind, entries: entries, count: count, timeout: timeout)
    }

    func committed(
        _ object: ObjectName, from index: UInt64, timeout: Duration
    ) async -> CommittedPart {
        await backend.committed(object, from: index, timeout: timeout)
    }

    func release(_ object: ObjectName, ballot: Ballot) {}
}

@Suite struct `The deadline of a store` {
    private let backend = TickingBackend()
    private let data: Handle<DVector<String>>
    private let meta: Handle<MetaVector>

    init() {
        backend.backend.host(DVector<String>.self)
        backend.backend.host(MetaVector.self)
        data = Handle(DVector<String>.self, named: "s.data", on: backend)
        meta = Handle(MetaVector.self, named: "s.meta", on: backend)
    }

    @Test func `is that of whoever may wait longest, for a group of writes`() async {
        let steps = WriteSteps(data: data, meta: meta, hash: { _ in 7 })
        let writes = [("old", 1), ("new", 60)].map { key, seconds in
            Gathering.Write(key: key, value: "v", deadline: .seconds(seconds))
        }
        for outcome in await steps.write(writes) {
            #expect(throws: Never.self) { try outcome.get() }
        }
    }

    @Test func `is that of each step of a collection, which comes to its end`() async throws {
        for _ in 0..<8 {
            _ = try await data.call(
                .append(contentsOf: [String](repeating: "lost", count: 1024), freeing: []))
        }
        let store = KVLockFree(named: "s", on: backend)
        #expect(try await store.collect() == 8192)
        // One call for each of its steps takes longer than the deadline.
        #expect(backend.clock.now > .seconds(8) + KVLockFree.Options().deadline)
    }
}
