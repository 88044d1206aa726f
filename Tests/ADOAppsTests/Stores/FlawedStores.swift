import ADO
import ADOObjects
import ADOSpec
import Linearizability

@testable import ADOApps
@testable import ADOSimulator

/// A store with a lock that points a key to where the value will be, and appends it afterwards.
struct MetaFirst: StoreClient {
    let store: KVLock

    func perform(_ input: StoreModel.Input) async throws(StoreFailure) -> StoreModel.Output {
        guard case .set(let key, let value) = input else { return try await store.perform(input) }
        let before = try await store.locked { token, patience throws(StoreFailure) in
            let end = try? await store.data.call(.count)
            guard let end else { throw .notDone(.unreachable) }
            let place = Meta(size: value.utf8.count, index: end)
            let before = try await store.point(key, to: place, token, &patience)
            do throws(StepFailure) {
                let call = Call<DVector<String>, String?>.insert(value, at: end, fence: token)
                _ = try await store.dataStep.commit(&patience) { _ in call }
            } catch {
                throw .unknown(error.obstacle)
            }
            return before
        }
        return .value(before)
    }

    func collect() async throws(StoreFailure) -> Int { try await store.collect() }
}

/// A store with a lock whose writes carry no fencing token.
struct Unfenced: StoreClient {
    let store: KVLock

    func perform(_ input: StoreModel.Input) async throws(StoreFailure) -> StoreModel.Output {
        switch input {
        case .get: return try await store.perform(input)
        case .remove(let key):
            return .value(
                try await store.locked { _, patience throws(StoreFailure) in
                    try await store.point(key, to: nil, 0, &patience)
                })
        case .set(let key, let value):
            return .value(
                try await store.locked { _, patience throws(StoreFailure) in
                    let index = try await store.append(value, 0, &patience)
                    let place = Meta(size: value.utf8.count, index: index)
                    return try await store.point(key, to: place, 0, &patience)
                })
        }
    }

    func collect() async throws(StoreFailure) -> Int {
        try await store.locked { _, patience throws(StoreFailure) in
            var live: Set<UInt64> = []
            do throws(StepFailure) {
                _ = try await store.metaStep.commit(&patience) { state in
                    live = KVLock.indices(in: state)
                    return .raise(fence: 0)
                }
                return try await store.dataStep.commit(&patience) { state in
                    .remove(state.elements.map(\.index).filter { !live.contains($0) })
                }
            } catch {
                throw store.failure(error, sent: false)
            }
        }
    }
}

/// A store without a lock, made by hand, with one thing wrong.
struct Careless: StoreClient {
    enum Mistake { case repeats, guesses, collectsUnsealed, ignoresKeys }

    let mistake: Mistake
    let data: Handle<DVector<String>>
    let meta: Handle<MetaVector>
    private let exactly = CallPolicy.exactlyOnce(deadline: Stores.patient)

    init(_ mistake: Mistake, on backend: any Backend) {
        self.mistake = mistake
        data = Handle(named: "s.data", on: backend)
        meta = Handle(named: "s.meta", on: backend)
    }

    func perform(_ input: StoreModel.Input) async throws(StoreFailure) -> StoreModel.Output {
        do throws(CallFailure) {
            switch input {
            case .set(let key, let value):
                try await set(name(key), value)
                return .done
            case .get(let key):
                let leads = try await meta.call(.leads(name(key), hash: 7), policy: exactly)
                guard let newest = leads?.all.first else { return .value(nil) }
                return .value(try await data.call(.get(newest.index), policy: exactly))
            case .remove(let key): return .existed(try await remove(name(key)))
            }
        } catch .unknown {
            throw .unknown(.unreachable)
        } catch {
            throw .notDone(Obstacle(error))
        }
    }

    /// One who takes the hash for the key has one key for all of a bucket.
    private func name(_ key: String) -> String { mistake == .ignoresKeys ? "" : key }

    /// First the value and then where it is: all that a key leads to is there.
    private func set(_ key: String, _ value: String) async throws(CallFailure) {
        let index = try await data.call(.append(value), policy: exactly)
        let place = Meta(size: value.utf8.count, index: index)
        let call = Call<MetaVector, Pointed>.point([MetaPointer(key, place, hash: 7)])
        switch mistake {
        case .repeats: try await meta.call(call, policy: .atLeastOnce(deadline: Stores.patient))
        case .guesses: _ = try? await meta.call(call, policy: .atMostOnce)
        case .collectsUnsealed, .ignoresKeys: try await meta.call(call, policy: exactly)
        }
        try await meta.call(.point([], filled: [index]), policy: exactly)
    }

    private func remove(_ key: String) async throws(CallFailure) -> Bool {
        while let led = try await meta.call(.drop(key, hash: 7), policy: exactly) {
            guard led.settled == nil else { return true }
            try await meta.call(.point([], filled: led.pending.map(\.index)), policy: exactly)
        }
        return false
    }

    func collect() async throws(StoreFailure) -> Int {
        do throws(CallFailure) {
            let present = try await data.call(.occupied(from: 0, limit: 100), policy: exactly)
            let dead = try await meta.call(.point([], filled: present), policy: exactly).freed
            return try await data.call(.remove(dead), policy: exactly)
        } catch {
            throw .notDone(Obstacle(error))
        }
    }
}

/// A store without a lock that reads in too few steps.
struct Hasty: StoreClient {
    enum Mistake { case takesNewest, takesFreedForVacant }

    let mistake: Mistake
    let store: KVLockFree
    let data: Handle<DVector<String>>
    let meta: Handle<MetaVector>
    private let exactly = CallPolicy.exactlyOnce(deadline: Stores.patient)

    init(_ mistake: Mistake, on backend: any Backend) {
        self.mistake = mistake
        store = KVLockFree(named: "s", on: backend, options: Stores.free)
        data = Handle(named: "s.data", on: backend)
        meta = Handle(named: "s.meta", on: backend)
    }

    func perform(_ input: StoreModel.Input) async throws(StoreFailure) -> StoreModel.Output {
        guard case .get(let key) = input else { return try await store.perform(input) }
        do throws(CallFailure) {
            return .value(try await get(key))
        } catch {
            throw .notDone(Obstacle(error))
        }
    }

    private func get(_ key: String) async throws(CallFailure) -> String? {
        let leads = try await meta.call(.leads(key, hash: 7), policy: exactly)
        guard let indices = leads?.all.map(\.index) else { return nil }
        let asked = mistake == .takesNewest ? Array(indices.prefix(1)) : indices
        return try await data.call(.look(at: asked), policy: exactly).last ?? nil
    }

    func collect() async throws(StoreFailure) -> Int { try await store.collect() }
}
