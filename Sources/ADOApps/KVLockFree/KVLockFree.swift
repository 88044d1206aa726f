public import ADO
public import ADOObjects

/// A dictionary over two objects, a vector of values and a vector of where they are, without a
/// lock.
///
///     let settings = KVLockFree(named: "settings", on: cluster.client)
///     try await settings.set("mode", to: "safe")
///     try await settings.get("mode")                  // "safe"
///
/// **Guarantee.** Linearizable. A write fills a place of the data vector that its client has
/// reserved, exactly once, and points the key to it in the meta vector, exactly once, both at the
/// same time. It has taken effect when both are done. A read finds to which places the key was
/// pointed, and takes the newest that is filled; what is there never changes. So any client may die
/// or pause anywhere without holding up another. Each index in the meta vector is below the count
/// of the data vector. Keys with one hash share a bucket, which holds the keys themselves.
///
/// **Failures.** ``StoreFailure/notDone(_:)``: the write is not there and never will be, because
/// one of its steps never happens. ``StoreFailure/unknown(_:)``: it may be done, now or later. A
/// read only fails as not done.
///
/// **Memory.** A value that was replaced is freed through the log: the next write of the client
/// that replaced it says that the new one is there, and the one after that frees the old one. What
/// a client left behind is freed by ``collect()``; a write that it overtakes begins again.
///
/// **Cost.** A write takes one round trip, as its steps go at once; the first of a client takes one
/// more to reserve places, and one that a collection overtook one or two. A read takes two, and
/// another if it meets a write that is under way or was given up. Removing takes one, and some more
/// if whoever wrote the key has not written again. Writes that a client does at once go together,
/// so that each adds a few bytes to two entries rather than two entries.
///
/// **Removed objects.** Do not remove the objects of a store while it is used: a client that
/// reserved places in the old ones may take them for its own in new ones of the same names.
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
    private let freed: Leftovers
    private let reads: ReadSteps
    private let writes: Gathering

    /// Filled places after which a collection sorts.
    private static let sorted = 1024

    /// Makes a client of the store called `name`.
    public init(named name: String, on backend: any Backend, options: Options = Options()) {
        self.options = options
        data = Handle(named: name + ".data", on: backend)
        meta = Handle(named: name + ".meta", on: backend)
        let steps = WriteSteps(data: data, meta: meta, hash: options.hash)
        freed = steps.freed
        reads = ReadSteps(data: data, meta: meta)
        writes = Gathering(in: data.surroundings) { group in
            // Writes of several callers, so that it is a part of nobody's activity.
            await Activity.$current.withValue(nil) {
                await Activity.run("kvlockfree.set") { await steps.write(group) }
            }
        }
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
        let (deadline, hash) = (start(), options.hash(key))
        while let led = try await drop(key, hash, deadline) {
            guard led.settled == nil else {
                free(led.all.map(\.index), deadline)
                return true
            }
            // It was left, because nobody has said whether it has a value.
            guard try await settle(key, hash, deadline) else { return false }
        }
        return false
    }

    /// Returns the value of a key.
    public func get(_ key: String) async throws(StoreFailure) -> String? {
        do throws(CallFailure) {
            return try await reads.read(key, hash: options.hash(key), start())?.value
        } catch {
            throw .notDone(Obstacle(error))
        }
    }

    /// Returns what is known of a key's value, without the value.
    public func meta(of key: String) async throws(StoreFailure) -> KeyValue.Meta? {
        do throws(CallFailure) {
            let found = try await reads.read(key, hash: options.hash(key), start())
            return found.map { KeyValue.Meta(size: $0.meta.size) }
        } catch {
            throw .notDone(Obstacle(error))
        }
    }

    /// Frees values that nothing leads to, and returns how many.
    ///
    /// First both vectors are sealed: no place that is reserved now is filled any more, and no key
    /// pointed to it. Then what the meta vector does not lead to, it never will, and is freed in
    /// steps, of which each has the store's deadline: however long the vectors are, it comes to
    /// their end. It may stop anywhere and be begun again, by anybody.
    public func collect() async throws(StoreFailure) -> Int {
        do throws(CallFailure) {
            let end = try await data.call(.seal(), policy: policy(start()))
            try await meta.call(.seal(end), policy: policy(start()))
            var (count, first) = (0, UInt64(0))
            var filled: [UInt64] = []
            for next in stride(from: 0, to: end, by: Int(DVector<String>.scanMax)) {
                let limit = min(DVector<String>.scanMax, end - next)
                filled += try await data.call(
                    .occupied(from: next, limit: limit), policy: policy(start()))
                // Empty stretches are many in an old store, and go with what comes after them.
                guard filled.count >= Self.sorted || next + limit == end else { continue }
                count += try await free(filled, from: first, to: next + limit)
                (filled, first) = ([], next + limit)
            }
            return count
        } catch {
            throw .notDone(Obstacle(error))
        }
    }

    // MARK: Steps

    private func drop(
        _ key: String, _ hash: UInt64, _ deadline: Duration
    ) async throws(StoreFailure) -> MetaLeads? {
        do throws(CallFailure) {
            return try await meta.call(.drop(key, hash: hash), policy: policy(deadline))
        } catch {
            throw StoreFailure(last: error)
        }
    }

    /// Has places freed by the next write.
    ///
    /// If there are many, because this client only removes, by an entry of their own, for which
    /// nobody waits.
    private func free(_ places: [UInt64], _ deadline: Duration) {
        freed.add(places)
        guard freed.count >= Leftovers.batchMax else { return }
        let batch = freed.take()
        surroundings.start { [freed, data] in
            do throws(CallFailure) {
                let left = max(.zero, deadline - data.surroundings.now)
                try await data.call(.remove(batch), policy: .exactlyOnce(deadline: left))
            } catch {
                freed.add(batch)
            }
        }
    }

    /// Tells the meta vector where the value of a key is; false if it has none.
    private func settle(
        _ key: String, _ hash: UInt64, _ deadline: Duration
    ) async throws(StoreFailure) -> Bool {
        do throws(CallFailure) {
            guard let found = try await reads.read(key, hash: hash, deadline) else { return false }
            let call = Call<MetaVector, Pointed>.point([], filled: [found.meta.index])
            freed.add(try await meta.call(call, policy: policy(deadline)).freed)
            return true
        } catch {
            throw .notDone(Obstacle(error))
        }
    }

    /// Frees what nothing leads to, among the places that are filled in a stretch, and older places
    /// of keys that lead to these.
    private func free(
        _ filled: [UInt64], from first: UInt64, to end: UInt64
    ) async throws(CallFailure) -> Int {
        let dead = try await meta.call(
            .sort(from: first, to: end, filled: filled), policy: policy(start()))
        return dead.isEmpty ? 0 : try await data.call(.remove(dead), policy: policy(start()))
    }
}
