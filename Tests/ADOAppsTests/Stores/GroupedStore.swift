import ADO
import ADOObjects
import ADOSimulator
import Linearizability

@testable import ADOApps

/// A client each of whose writes is the last of a group, after one of the same key, that nobody may
/// ever see, and one of another key.
struct GroupedStore: StoreClient {
    private let store: KVLockFree
    private let steps: WriteSteps

    init(on backend: some Backend) {
        store = KVLockFree(named: "s", on: backend, options: Stores.free)
        steps = WriteSteps(
            data: Handle(named: "s.data", on: backend), meta: Handle(named: "s.meta", on: backend),
            hash: Stores.free.hash)
    }

    func perform(_ input: StoreModel.Input) async throws(StoreFailure) -> StoreModel.Output {
        guard case .set(let key, let value) = input else { return try await store.perform(input) }
        let deadline = steps.data.surroundings.now + Stores.patient
        let group = [(key, value + " before"), (key + "'", value + "'"), (key, value)].map {
            Gathering.Write(key: $0.0, value: $0.1, deadline: deadline)
        }
        for outcome in await steps.write(group) { try outcome.get() }
        return .done
    }

    func collect() async throws(StoreFailure) -> Int { try await store.collect() }
}
