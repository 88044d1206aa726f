/// Time, chance and tasks, as a handle and the code above it meet them.
///
/// Those of a ``Backend`` on sockets are real, which is the default. A backend that is played or
/// simulated brings its own, so that the code which ships runs there too, and one seed is one run.
public protocol Surroundings: Sendable {
    /// The time since some moment in the past; it never goes back.
    var now: Duration { get }

    /// Waits so long, and says whether it did: not if the task is cancelled.
    func pause(_ duration: Duration) async -> Bool

    /// Starts a task.
    @discardableResult
    func start(_ work: @escaping @Sendable () async -> Void) -> Task<Void, Never>

    /// Sees to it that `ring` is called, not before the time is over but maybe a little later.
    func alarm(after delay: Duration, _ ring: @escaping @Sendable () -> Void) -> Alarm

    /// A number that nobody can foretell, each as likely as the others.
    func random() -> UInt64
}

/// Something that happens later, unless it is cancelled before.
public struct Alarm: Sendable {
    private let stop: @Sendable () -> Void

    /// Makes an alarm that `stop` cancels.
    public init(_ stop: @escaping @Sendable () -> Void) {
        self.stop = stop
    }

    /// Sees to it that the alarm does not ring, if it has not.
    public func cancel() { stop() }
}

extension Surroundings {
    /// Waits in a task of its own.
    public func alarm(after delay: Duration, _ ring: @escaping @Sendable () -> Void) -> Alarm {
        let task = start {
            if await pause(delay) { ring() }
        }
        return Alarm { task.cancel() }
    }

    /// A random number above zero: an identity that nobody else has.
    public func randomIdentity() -> UInt64 { max(random(), 1) }

    /// Between half of a pause and all of it: those who wait for the same do not meet again.
    public func jittered(_ pause: Duration) -> Duration {
        pause * (0.5 + Double(random() >> 11) / Double(1 << 54))
    }
}

/// The real ones: the clock that goes on while the machine sleeps, tasks on the shared threads.
public struct RealSurroundings: Surroundings {
    private static let beginning = ContinuousClock.now

    /// Makes them; all are the same.
    public init() {}

    /// The time since this process first asked.
    public var now: Duration { Self.beginning.duration(to: .now) }

    /// Sleeps.
    public func pause(_ duration: Duration) async -> Bool {
        (try? await Task.sleep(for: duration)) != nil
    }

    /// Starts a task, which runs at once on this thread until it first waits.
    @discardableResult
    public func start(_ work: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        Task.immediate { await work() }
    }

    /// Rings up to a twentieth of a second late: most alarms are cancelled, and cost no timer.
    public func alarm(after delay: Duration, _ ring: @escaping @Sendable () -> Void) -> Alarm {
        AlarmClock.shared.set(now + delay, ring)
    }

    /// A number from the system's generator.
    public func random() -> UInt64 { .random(in: 0...UInt64.max) }
}
