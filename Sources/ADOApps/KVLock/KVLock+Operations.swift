internal import ADO
public import ADOObjects

extension KVLock {
    /// Sets a key, and returns the value before.
    @discardableResult
    public func set(_ key: String, to value: String) async throws(StoreFailure) -> String? {
        try await locked(for: "kvlock.set") { token, patience throws(StoreFailure) in
            let index = try await self.append(value, token, &patience)
            let meta = Meta(size: value.utf8.count, index: index)
            do throws(StoreFailure) {
                return try await self.point(key, to: meta, token, &patience)
            } catch {
                // Nothing leads to the value, if it is certain that nothing will.
                if case .notDone = error { self.garbage.add([index]) }
                throw error
            }
        }
    }

    /// Removes a key, and returns the value before.
    @discardableResult
    public func remove(_ key: String) async throws(StoreFailure) -> String? {
        try await locked(for: "kvlock.remove") { token, patience throws(StoreFailure) in
            try await self.point(key, to: nil, token, &patience)
        }
    }

    /// Returns the value of a key.
    public func get(_ key: String) async throws(StoreFailure) -> String? {
        var patience = patience()
        var last: Meta?
        while true {
            let obstacle: Obstacle
            do throws(CallFailure) {
                guard let found = try await find(key) else { return nil }
                if let value = try await data.call(.get(found.index), policy: readPolicy) {
                    return value
                }
                // Replaced meanwhile and freed; the same index again would lead nowhere.
                guard found != last else { throw CallFailure.unreadable }
                last = found
                continue
            } catch {
                obstacle = Obstacle(error)
            }
            guard !obstacle.isFinal, await patience.again() else { throw .notDone(obstacle) }
        }
    }

    /// Returns what is known of a key's value, without the value.
    public func meta(of key: String) async throws(StoreFailure) -> KeyValue.Meta? {
        do throws(CallFailure) {
            return try await find(key).map { KeyValue.Meta(size: $0.size) }
        } catch {
            throw .notDone(Obstacle(error))
        }
    }

    /// Gives the lock back, if this client keeps it, and waits until that has arrived.
    public func relinquish() async { await lock.relinquish() }

    /// Frees values that nothing leads to, and returns how many.
    ///
    /// They were left by clients that died, or failed, between their steps. It takes the lock and
    /// four more round trips.
    public func collect() async throws(StoreFailure) -> Int {
        try await locked(for: "kvlock.collect") { token, patience throws(StoreFailure) in
            var live: Set<UInt64> = []
            do throws(StepFailure) {
                // Whoever held the lock before cannot point to anything from here on.
                _ = try await self.metaStep.commit(&patience) { state in
                    live = Self.indices(in: state)
                    return .raise(fence: token)
                }
                return try await self.dataStep.commit(&patience) { state in
                    let dead = state.elements.map(\.index).filter { !live.contains($0) }
                    return .remove(Array(dead.prefix(4096)), fence: token)
                }
            } catch {
                throw self.failure(error, sent: false)
            }
        }
    }

    static func indices(in state: DVector<MetaBucket>) -> Set<UInt64> {
        Set(state.elements.flatMap { $0.element.values.map(\.index) })
    }
}

// MARK: - Steps

extension KVLock {
    private var readPolicy: CallPolicy { .exactlyOnce(deadline: options.pacing.step) }

    private func find(_ key: String) async throws(CallFailure) -> Meta? {
        try await meta.call(.get(slot(of: key)), policy: readPolicy)?[key]
    }

    func append(
        _ value: String, _ token: UInt64, _ patience: inout Patience
    ) async throws(StoreFailure) -> UInt64 {
        let freed = garbage.take()
        do throws(StepFailure) {
            return try await dataStep.commit(&patience) { _ in
                .append(value, freeing: freed, fence: token)
            }
        } catch {
            garbage.add(freed)
            throw failure(error, sent: false)
        }
    }

    /// Changes where a key leads, and returns the value that it led to.
    func point(
        _ key: String, to meta: Meta?, _ token: UInt64, _ patience: inout Patience
    ) async throws(StoreFailure) -> String? {
        let slot = slot(of: key)
        var before: Meta?
        do throws(StepFailure) {
            _ = try await metaStep.commit(&patience) { state in
                var bucket = state[slot] ?? MetaBucket()
                before = bucket[key]
                bucket[key] = meta
                return .insert(bucket, at: slot, fence: token)
            }
        } catch {
            throw failure(error, sent: true)
        }
        guard let before else { return nil }
        defer { garbage.add([before.index]) }
        if let value = data.state?[before.index] { return value }
        let value = try? await data.call(.get(before.index), policy: readPolicy)
        guard let value else { throw .done(.unreachable) }
        return value
    }

    /// What a failed step means for the whole: before anything can be seen, nothing is done.
    func failure(_ failure: StepFailure, sent: Bool) -> StoreFailure {
        switch failure {
        case .thrown(let thrown):
            guard case .fenced = try? thrown.error(as: VectorFailure.self) else {
                return .notDone(.unreadable)
            }
            return .notDone(.fenced)
        case .notDone(let obstacle): return .notDone(obstacle)
        case .unknown(let obstacle): return sent ? .unknown(obstacle) : .notDone(obstacle)
        }
    }
}
