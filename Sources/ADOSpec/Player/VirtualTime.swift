public import ADO
internal import Synchronization

/// Tasks that run on one thread in virtual time, and only while somebody lets them.
///
///     let time = VirtualTime(seed: 7)
///     time.start { while await time.pause(.seconds(1)) { print(time.now) } }
///     repeat { time.run() } while time.advance()
///
/// Whoever owns it runs all that can run now with ``run()``, and then lets time pass, to the next
/// moment for which a task waits or to one of its own. Tasks take their turns in the order in which
/// they became ready, so that the same seed and the same answers lead to the same run.
public final class VirtualTime: Surroundings {
    private struct Sleeper: Sendable {
        let number: UInt64
        let end: Duration
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State: Sendable {
        var now = Duration.zero
        var random: UInt64
        var lastNumber: UInt64 = 0
        /// The first to wake comes first; of those at the same time, the first to sleep.
        var sleepers: [Sleeper] = []

        mutating func add(_ sleeper: Sleeper) {
            let place = sleepers.firstIndex { $0.end > sleeper.end } ?? sleepers.count
            sleepers.insert(sleeper, at: place)
        }

        mutating func remove(_ number: UInt64) -> Sleeper? {
            guard let place = sleepers.firstIndex(where: { $0.number == number }) else {
                return nil
            }
            return sleepers.remove(at: place)
        }
    }

    private let state: Mutex<State>
    private let queue = JobQueue()

    /// Makes a world without tasks, at time zero, whose random numbers follow from `seed`.
    public init(seed: UInt64) {
        state = Mutex(State(random: seed))
    }

    // MARK: What tasks see

    /// The virtual time.
    public var now: Duration { state.withLock { $0.now } }

    /// Waits in virtual time.
    public func pause(_ duration: Duration) async -> Bool {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isCancelled = state.withLock { state in
                    if Task.isCancelled { return true }
                    state.add(
                        Sleeper(
                            number: number, end: state.now + max(.zero, duration),
                            continuation: continuation))
                    return false
                }
                if isCancelled { continuation.resume(returning: false) }
            }
        } onCancel: {
            state.withLock { $0.remove(number) }?.continuation.resume(returning: false)
        }
    }

    /// Puts a task at the end of the queue.
    @discardableResult
    public func start(_ work: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        Task(executorPreference: queue) { await work() }
    }

    /// The next number that follows from the seed.
    public func random() -> UInt64 {
        state.withLock { Choices.next(&$0.random) }
    }

    // MARK: What the owner does

    /// Runs every task as far as it gets without an answer and without time passing.
    ///
    /// - Returns: Whether there was anything to run.
    @discardableResult
    public func run() -> Bool {
        var hasRun = false
        while let job = queue.takeNext() {
            hasRun = true
            job.runSynchronously(on: queue.asUnownedTaskExecutor())
        }
        return hasRun
    }

    /// The next moment for which a task waits; nil if none does.
    public var nextWaking: Duration? { state.withLock { $0.sleepers.first?.end } }

    /// Lets time pass to the next moment for which a task waits; false if none does.
    public func advance() -> Bool {
        guard let next = nextWaking else { return false }
        advance(to: next)
        return true
    }

    /// Lets time pass, and wakes who has waited long enough.
    public func advance(to moment: Duration) {
        let awake = state.withLock { state in
            state.now = max(state.now, moment)
            let count = state.sleepers.prefix { $0.end <= state.now }.count
            defer { state.sleepers.removeFirst(count) }
            return Array(state.sleepers.prefix(count))
        }
        for sleeper in awake { sleeper.continuation.resume(returning: true) }
    }
}

/// Jobs of tasks in the order in which they became ready.
private final class JobQueue: TaskExecutor {
    private struct Jobs: Sendable {
        var ready: [UnownedJob] = []
        var taken = 0

        mutating func takeNext() -> UnownedJob? {
            guard taken < ready.count else {
                ready.removeAll(keepingCapacity: true)
                taken = 0
                return nil
            }
            taken += 1
            return ready[taken - 1]
        }
    }

    private let jobs = Mutex(Jobs())

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.ready.append(job) }
    }

    func takeNext() -> UnownedJob? { jobs.withLock { $0.takeNext() } }
}
