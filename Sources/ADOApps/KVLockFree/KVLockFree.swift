public import ADO
public import ADOObjects

/// A dictionary over two objects, a vector of values and a vector of where they are, without a
/// lock.
///
///     let settings = KVLockFree(named: "settings", on: cluster.client)
///     try await settings.set("mode", to: "safe")
///     try await settings.get("mode")                  // "safe"
///
/// **Guarantee.** Linearizable: a write appends the value to the data vector, exactly once, and
/// then points the key to it in the meta vector, exactly once; it takes effect with the second. A
/// read finds the index and then the value, which never changes there. Each index in the meta
/// vector is below the count of the data vector. Any client may die or pause anywhere without
/// holding up another. Keys with one hash share a bucket, which holds the keys themselves.
///
/// **Failures.** ``StoreFailure/notDone(_:)``: the write is not there and never will be, because
/// what was sent, if anything, is a value that nothing leads to. ``StoreFailure/unknown(_:)``: the
/// second step may be done, now or later. A read only fails as not done.
///
/// **Memory.** A value that was replaced is freed through the log, by the next append of the client
/// that replaced it. What a client left behind is freed by ``collect()``. A write that a collection
/// overtakes between its steps appends again.
///
/// **Cost.** A write takes two round trips, as does a read. Writes that a client does at once go
/// together, so that each adds a few bytes to two entries rather than two entries.
///
/// A client may do many operations at once. All clients of a store must use the same hash.
public final class KVLockFree: Sendable {
    /// How a store is used.
    public struct Options: Sendable {
        /// How long each operation is tried.
        public var deadline = Duration.seconds(5)
        /// The hash of a key.
        public var hash: @Sendable (String) -> UInt64 = { KeyHash.fnv1a($0) }

        /// Makes the standard options.
        public init() {}
    }

    private let options: Options
    private let data: Handle<DVector<String>>
    private let meta: Handle<MetaVector>
    private let garbage = Garbage()
    private let writes: Gathering

    /// Indices that a collection looks at in one step.
    private static let scan: UInt64 = 1024

    /// Makes a client of the store called `name`.
    public init(named name: String, on backend: any Backend, options: Options = Options()) {
        self.options = options
        let data = Handle<DVector<String>>(named: name + ".data", on: backend)
        let meta = Handle<MetaVector>(named: name + ".meta", on: backend)
        let steps = WriteSteps(
            data: data, meta: meta, garbage: garbage, hash: options.hash)
        writes = Gathering(in: data.surroundings) { group in
            // Writes of several callers, so that it is a part of nobody's activity.
            await Activity.$current.withValue(nil) {
                await Activity.run("kvlockfree.set") { await steps.write(group) }
            }
        }
        self.data = data
        self.meta = meta
    }

    private var surroundings: any Surroundings { data.surroundings }

    private func start() -> Duration { surroundings.now + options.deadline }

    private func policy(_ deadline: Duration) -> CallPolicy {
        .exactlyOnce(deadline: max(.zero, deadline - surroundings.now))
    }
}

// MARK: - Operations

extension KVLockFree {
    /// Sets a key.
    public func set(_ key: String, to value: String) async throws(StoreFailure) {
        try await writes.run(Gathering.Write(key: key, value: value, deadline: start()))
    }

    /// Removes a key, and returns whether it was there.
    @discardableResult
    public func remove(_ key: String) async throws(StoreFailure) -> Bool {
        do throws(CallFailure) {
            let call = Call<MetaVector, Meta?>.drop(key, hash: options.hash(key))
            let dropped = try await meta.call(call, policy: policy(start()))
            garbage.add(dropped.map { [$0.index] } ?? [])
            return dropped != nil
        } catch {
            throw StoreFailure(last: error)
        }
    }

    /// Returns the value of a key.
    public func get(_ key: String) async throws(StoreFailure) -> String? {
        let deadline = start()
        var last: Meta?
        do throws(CallFailure) {
            while let found = try await find(key, deadline) {
                let value = try await data.call(.get(found.index), policy: policy(deadline))
                if let value { return value }
                // Replaced meanwhile and freed; the same index again would lead nowhere.
                guard found != last else { throw .unreadable }
                last = found
            }
            return nil
        } catch {
            throw .notDone(Obstacle(error))
        }
    }

    /// Returns what is known of a key's value, without the value.
    public func meta(of key: String) async throws(StoreFailure) -> KeyValue.Meta? {
        do throws(CallFailure) {
            return try await find(key, start()).map { KeyValue.Meta(size: $0.size) }
        } catch {
            throw .notDone(Obstacle(error))
        }
    }

    /// Frees values that nothing leads to, and returns how many.
    ///
    /// First the meta vector is sealed: it accepts no index that is there now. Then what it does
    /// not lead to, it never will, and is freed in steps, of which each has the store's deadline:
    /// however long the vectors are, it comes to their end. It may stop anywhere and be begun
    /// again, by anybody.
    public func collect() async throws(StoreFailure) -> Int {
        do throws(CallFailure) {
            let end = try await data.call(.count, policy: policy(start()))
            try await meta.call(.seal(end), policy: policy(start()))
            var freed = 0
            for first in stride(from: 0, to: end, by: Int(Self.scan)) {
                freed += try await collect(from: first, to: end, start())
            }
            return freed
        } catch {
            throw .notDone(Obstacle(error))
        }
    }
}

// MARK: - Steps

extension KVLockFree {
    private func find(
        _ key: String, _ deadline: Duration
    ) async throws(CallFailure) -> Meta? {
        try await meta.call(.find(key, hash: options.hash(key)), policy: policy(deadline))
    }

    private func collect(
        from first: UInt64, to end: UInt64, _ deadline: Duration
    ) async throws(CallFailure) -> Int {
        let policy = policy(deadline)
        let present = try await data.call(
            .occupied(from: first, limit: min(Self.scan, end - first)), policy: policy)
        let live = Set(try await meta.call(.reachable(present), policy: policy))
        let dead = present.filter { !live.contains($0) }
        return dead.isEmpty ? 0 : try await data.call(.remove(dead), policy: policy)
    }
}
