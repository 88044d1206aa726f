import ADO
import ADOApps
import ADOObjects
import ADOSpec
import Linearizability

/// A store as a game plays it.
protocol StoreClient: Sendable {
    func perform(_ input: StoreModel.Input) async throws(StoreFailure) -> StoreModel.Output
    func collect() async throws(StoreFailure) -> Int
}

extension KVLock: StoreClient {
    func perform(_ input: StoreModel.Input) async throws(StoreFailure) -> StoreModel.Output {
        switch input {
        case .set(let key, let value): .value(try await set(key, to: value))
        case .get(let key): .value(try await get(key))
        case .remove(let key): .value(try await remove(key))
        }
    }
}

extension KVLockFree: StoreClient {
    func perform(_ input: StoreModel.Input) async throws(StoreFailure) -> StoreModel.Output {
        switch input {
        case .set(let key, let value):
            try await set(key, to: value)
            return .done
        case .get(let key): return .value(try await get(key))
        case .remove(let key): return .existed(try await remove(key))
        }
    }
}

/// How the games use the stores: without waiting, and with all keys in one bucket.
enum Stores {
    static let patient = Duration.seconds(60)

    static func lock(_ policy: FailurePolicy) -> KVLock.Options {
        var options = KVLock.Options()
        options.policy = policy
        options.pacing = Pacing(step: patient, pause: .zero)
        options.lockPatience = 1
        options.tick = .zero
        options.slots = 4
        options.hash = { _ in 7 }
        return options
    }

    static var free: KVLockFree.Options {
        var options = KVLockFree.Options()
        options.deadline = patient
        options.hash = { _ in 7 }
        return options
    }
}
