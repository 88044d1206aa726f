package import ADOApps
package import Linearizability

/// A store as those who judge it use it.
package protocol StoreClient: Sendable {
    func perform(_ input: StoreModel.Input) async throws(StoreFailure) -> StoreModel.Output
    func collect() async throws(StoreFailure) -> Int
}

extension KVLock: StoreClient {
    package func perform(
        _ input: StoreModel.Input
    ) async throws(StoreFailure) -> StoreModel.Output {
        switch input {
        case .set(let key, let value): .value(try await set(key, to: value))
        case .get(let key): .value(try await get(key))
        case .remove(let key): .value(try await remove(key))
        }
    }
}

extension KVLockFree: StoreClient {
    package func perform(
        _ input: StoreModel.Input
    ) async throws(StoreFailure) -> StoreModel.Output {
        switch input {
        case .set(let key, let value):
            try await set(key, to: value)
            return .done
        case .get(let key): return .value(try await get(key))
        case .remove(let key): return .existed(try await remove(key))
        }
    }
}
