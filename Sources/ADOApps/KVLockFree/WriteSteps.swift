internal import ADO
internal import ADOObjects

/// The two steps of writes, for a group of them.
struct WriteSteps: Sendable {
    let data: Handle<DVector<String>>
    let meta: Handle<MetaVector>
    let garbage: Garbage
    let hash: @Sendable (String) -> UInt64

    /// Does a group of writes.
    ///
    /// They have one outcome, because each step is one call. It has as long as the one that may
    /// wait longest: whoever may not has given up by then.
    func write(_ writes: [Gathering.Write]) async -> [Gathering.Outcome] {
        let outcome: Gathering.Outcome
        do throws(StoreFailure) {
            try await writeAll(writes)
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        return writes.map { _ in outcome }
    }

    private func writeAll(_ writes: [Gathering.Write]) async throws(StoreFailure) {
        let deadline = writes.map(\.deadline).max() ?? .zero
        while true {
            let first = try await append(writes.map(\.value), deadline)
            let pointers = zip(writes, first...).map { write, index in
                MetaPointer(
                    write.key, Meta(size: write.value.utf8.count, index: index),
                    hash: hash(write.key))
            }
            do throws(CallFailure) {
                let replaced = try await point(pointers, deadline)
                garbage.add(replaced.compactMap { $0?.index })
                return
            } catch {
                let failure = StoreFailure(last: error)
                // A collection came between, and frees the values too. Again, with other indices.
                if case .thrown = error, data.surroundings.now < deadline { continue }
                if case .notDone = failure { garbage.add(pointers.map(\.meta.index)) }
                throw failure
            }
        }
    }

    private func append(
        _ values: [String], _ deadline: Duration
    ) async throws(StoreFailure) -> UInt64 {
        let freed = garbage.take()
        let call: Call<DVector<String>, UInt64> =
            values.count == 1
            ? .append(values[0], freeing: freed) : .append(contentsOf: values, freeing: freed)
        do throws(CallFailure) {
            return try await data.call(call, policy: policy(deadline))
        } catch {
            garbage.add(freed)
            throw .notDone(Obstacle(error))
        }
    }

    private func point(
        _ pointers: [MetaPointer], _ deadline: Duration
    ) async throws(CallFailure) -> [Meta?] {
        guard pointers.count == 1 else {
            return try await meta.call(.put(pointers), policy: policy(deadline))
        }
        let one = pointers[0]
        let put = Call<MetaVector, Meta?>.put(one.key, one.meta, hash: one.hash)
        return [try await meta.call(put, policy: policy(deadline))]
    }

    private func policy(_ deadline: Duration) -> CallPolicy {
        .exactlyOnce(deadline: max(.zero, deadline - data.surroundings.now))
    }
}

extension StoreFailure {
    /// What a failure of the step that takes effect means.
    init(last failure: CallFailure) {
        switch failure {
        case .unknown, .unhosted, .unreadable, .quarantined: self = .unknown(Obstacle(failure))
        case .thrown: self = .notDone(.busy)
        default: self = .notDone(Obstacle(failure))
        }
    }
}
