public import ADO
internal import ADOObjects
internal import Synchronization

/// A dictionary over three objects: a lock, a vector of values, and a vector of where they are.
///
///     let settings = KVLock(named: "settings", on: cluster.client)
///     try await settings.set("mode", to: "safe")      // nil, the value before
///     try await settings.get("mode")                  // "safe"
///
/// **Guarantee.** Linearizable like `KeyValue`, whoever crashes or pauses where. A write takes
/// the lock, appends the value to the data vector, then points the key's bucket in the meta vector
/// to it, and releases the lock. It takes effect with the entry of the meta vector; until then
/// nobody can see it. So each index in the meta vector is below the count of the data vector. Keys
/// with one hash share a bucket, which holds the keys themselves. A read takes no lock: a value
/// never changes at its index, and an index is never used again.
///
/// **Failures.** ``StoreFailure/notDone(_:)``: the write is not there, and never will be;
/// ``StoreFailure/unknown(_:)``: the entry of the meta vector was sent and its fate is unknown.
/// Which steps are tried again, and how often, is the ``FailurePolicy``: *spin* until they work or
/// the task is cancelled, *abort* at once, *retry* so many times.
///
/// **A holder that is gone.** The lock is a `TimeoutLock`. Who finds it held lets its time pass
/// (``Options/tick``), and after ``Options/lockPatience`` ticks it is free. The holder may only
/// have been paused: each write carries the fencing token of its grant, and the vectors refuse a
/// token lower than one they have seen, so what it still sends fails as ``Obstacle/fenced``.
///
/// **Memory.** A value that was replaced is freed by the next append of the client that replaced
/// it. What a client left behind when it died is freed by ``collect()``.
///
/// **Cost.** The first write takes three round trips: acquire, data, meta; and a pull each of data
/// and meta if another client wrote last. The lock is given back after that, without the caller
/// waiting for it. While it is held nobody contends for the vectors, so a client that goes on
/// writing owns them already; and it keeps the lock from write to write (``Options/linger``,
/// ``Options/tenure``), so that each further one takes two round trips. A kept lock that timed out
/// meanwhile is taken again. A read takes two round trips. ``relinquish()`` gives a kept lock back
/// before a client leaves; without it others wait up to ``Options/linger`` longer, and until the
/// lock times out if the client's process ends before that.
///
/// One client does one write at a time: a second one meanwhile fails as busy. All clients of a
/// store must use the same hash and the same number of slots.
public final class KVLock: Sendable {
    /// How a store is used.
    public struct Options: Sendable {
        /// What to do when a step fails or the lock is held.
        public var policy = FailurePolicy.retry(20)
        /// How long steps and pauses are.
        public var pacing = Pacing()
        /// The ticks without a sign of life after which a holder loses the lock.
        public var lockPatience: UInt64 = 20
        /// How long a tick is, on the clock of whoever waits.
        public var tick = Duration.milliseconds(50)
        /// How long after a write the lock is kept, in case of another; zero gives it back at once.
        public var linger = Duration.milliseconds(2)
        /// How long a client that goes on writing keeps the lock; then others have their chance.
        public var tenure = Duration.milliseconds(20)
        /// The places of the meta vector that keys are spread over.
        public var slots: UInt64 = 1 << 16
        /// The hash of a key.
        public var hash: @Sendable (String) -> UInt64 = { KeyHash.fnv1a($0) }

        /// Makes the standard options.
        public init() {}
    }

    let options: Options
    let lock: GuardedLock
    let data: Handle<DVector<String>>
    let meta: Handle<DVector<MetaBucket>>
    let garbage = Leftovers()
    private let isBusy = Mutex(false)
    /// The token of this client's last grant.
    private let lastToken = Mutex<UInt64>(0)

    /// Makes a client of the store called `name`.
    ///
    /// `owner` is the name under which this client takes the lock; no two may share one. It is
    /// drawn if it is not given.
    public init(
        named name: String, on backend: any Backend, owner: UInt64? = nil,
        options: Options = Options()
    ) {
        self.options = options
        let handle = Handle(TimeoutLock.self, named: name + ".lock", on: backend)
        lock = GuardedLock(
            handle, owner: owner ?? backend.surroundings.randomIdentity(), options)
        data = Handle(named: name + ".data", on: backend)
        meta = Handle(named: name + ".meta", on: backend)
    }

    var dataStep: Step<DVector<String>> { Step(handle: data, pacing: options.pacing) }
    var metaStep: Step<DVector<MetaBucket>> { Step(handle: meta, pacing: options.pacing) }

    func slot(of key: String) -> UInt64 { options.hash(key) % max(options.slots, 1) }

    /// Runs `body` with the lock, as the only write of this client and an activity of this name.
    func locked<Result>(
        for activity: String,
        _ body: (UInt64, inout Patience) async throws(StoreFailure) -> Result
    ) async throws(StoreFailure) -> Result {
        try await Activity.run(activity) { () async throws(StoreFailure) -> Result in
            try await locked(body)
        }
    }

    func locked<Result>(
        _ body: (UInt64, inout Patience) async throws(StoreFailure) -> Result
    ) async throws(StoreFailure) -> Result {
        guard
            isBusy.withLock({ isBusy in
                defer { isBusy = true }
                return !isBusy
            })
        else { throw .notDone(.busy) }
        defer { isBusy.withLock { $0 = false } }
        var patience = patience()
        while true {
            let hold: GuardedLock.Hold
            do throws(Obstacle) {
                hold = try await lock.acquire(&patience)
            } catch {
                throw .notDone(error)
            }
            do throws(StoreFailure) {
                try await own(hold.token, &patience)
                let result = try await body(hold.token, &patience)
                lock.keep(hold)
                return result
            } catch {
                lock.release(hold.token)
                // What was kept was lost meanwhile; with a new grant it is tried again.
                guard hold.isKept, error == .notDone(.fenced) else { throw error }
            }
        }
    }

    func patience() -> Patience {
        Patience(options.policy, options.pacing, in: lock.surroundings)
    }

    /// Pulls the vectors if somebody had the lock since: a push would only find out that they are
    /// lost.
    private func own(
        _ token: UInt64, _ patience: inout Patience
    ) async throws(StoreFailure) {
        let last = lastToken.withLock { last in
            defer { last = token }
            return last
        }
        guard token > last + 1 else { return }
        do throws(StepFailure) {
            try await dataStep.pull(&patience)
            try await metaStep.pull(&patience)
        } catch {
            throw .notDone(error.obstacle)
        }
    }
}
