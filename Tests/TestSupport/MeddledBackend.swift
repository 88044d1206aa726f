public import ADO
internal import Synchronization

/// Closed until it is opened, for good.
public final class Gate: Sendable {
    private let state = Mutex(false)

    /// Makes a closed one.
    public init() {}

    /// Whether it is open.
    public var isOpen: Bool { state.withLock { $0 } }

    /// Opens it.
    public func open() { state.withLock { $0 = true } }
}

/// A backend with something that happens in the middle of what others wait for.
public struct MeddledBackend: Backend {
    /// What happens then; nothing, unless it is set.
    public final class Hook: Sendable {
        private let action = Mutex<(@Sendable () async -> Void)?>(nil)

        /// Sets what happens.
        public func set(_ new: @escaping @Sendable () async -> Void) {
            action.withLock { $0 = new }
        }

        /// Has whoever comes here wait until the gate is open.
        public func wait(for gate: Gate) {
            set { while !gate.isOpen { try? await Task.sleep(for: .milliseconds(1)) } }
        }

        func call() async {
            let action = action.withLock { $0 }
            await action?()
        }
    }

    /// Whenever somebody pauses, who then does not wait besides.
    public let onPause = Hook()
    /// When a pull has its result, before anybody hears of it.
    public let onPull = Hook()
    /// When a push has its result, before anybody hears of it.
    public let onPush = Hook()
    private let backend: LocalBackend

    /// Makes one of a backend.
    public init(_ backend: LocalBackend) { self.backend = backend }

    /// Those that run what is set for pauses.
    public var surroundings: any Surroundings { MeddledSurroundings(onPause: onPause) }

    /// Pulls, and runs what is set.
    public func pull<Object: AtomicObject>(
        _ object: ObjectName, as type: Object.Type, timeout: Duration
    ) async throws(PullFailure) -> Pulled<Object> {
        let pulled = try await backend.pull(object, as: type, timeout: timeout)
        await onPull.call()
        return pulled
    }

    /// Pushes.
    public func push(
        _ object: ObjectName, ballot: Ballot, entries: [UInt8], count: Int, timeout: Duration
    ) async -> PushReport {
        let report = await backend.push(
            object, ballot: ballot, entries: entries, count: count, timeout: timeout)
        await onPush.call()
        return report
    }

    /// Calls.
    public func call(
        _ object: ObjectName, kind: CallKind, entries: [UInt8], count: Int, timeout: Duration
    ) async -> [Reply] {
        await backend.call(object, kind: kind, entries: entries, count: count, timeout: timeout)
    }

    /// Reads what is committed.
    public func committed(
        _ object: ObjectName, from index: UInt64, timeout: Duration
    ) async -> CommittedPart {
        await backend.committed(object, from: index, timeout: timeout)
    }

    /// Nothing has to be released.
    public func release(_ object: ObjectName, ballot: Ballot) {}
}

private struct MeddledSurroundings: Surroundings {
    let onPause: MeddledBackend.Hook
    private let real = RealSurroundings()

    init(onPause: MeddledBackend.Hook) { self.onPause = onPause }

    var now: Duration { real.now }

    func pause(_ duration: Duration) async -> Bool {
        await onPause.call()
        return true
    }

    @discardableResult
    func start(_ work: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        real.start(work)
    }

    func alarm(after delay: Duration, _ ring: @escaping @Sendable () -> Void) -> Alarm {
        real.alarm(after: delay, ring)
    }

    func random() -> UInt64 { real.random() }
}
