import ADOApps
import ADOSimulator
import Linearizability
import MultiPaxos
import Synchronization
import TestSupport

/// Clients that use one store until they are told to stop; what they see is one history.
final class StoreLoad: Sendable {
    let history = StoreHistory()
    private let isStopped = Mutex(false)
    private let start = ContinuousClock.now

    /// Uses the stores of `make`, one for each of `count` clients, while `body` runs.
    static func run(
        _ count: Int = 3, make: @escaping @Sendable (Int) -> any StoreClient,
        during body: (StoreLoad) async throws -> Void
    ) async throws -> StoreHistory {
        let load = StoreLoad()
        return try await withThrowingTaskGroup { group in
            for client in 1...count {
                group.addTask { await load.use(make(client), as: client) }
            }
            defer { load.isStopped.withLock { $0 = true } }
            try await body(load)
            load.isStopped.withLock { $0 = true }
            try await group.waitForAll()
            // Whoever comes last reads everything, so that what was lost is missed.
            let reader = make(count + 1)
            for key in keys { await load.perform(.get(key), on: reader, as: count + 1) }
            return load.history
        }
    }

    /// Waits until so many more operations have returned.
    func waitForProgress(_ operations: Int = 20) async throws {
        let goal = history.counts.returned + operations
        try await poll(until: "\(goal) operations returned", within: .seconds(60)) {
            history.counts.returned >= goal
        }
    }

    private static let keys = ["a", "b", "c"]

    private func use(_ store: any StoreClient, as client: Int) async {
        var random = SeededGenerator(seed: UInt64(client))
        var number = 0
        while !isStopped.withLock({ $0 }) {
            number += 1
            let key = Self.keys[Int(random.next(upperBound: 3 as UInt64))]
            switch random.next(upperBound: 10 as UInt64) {
            case 0: _ = try? await store.collect()
            case 1: await perform(.remove(key), on: store, as: client)
            case 2...4: await perform(.get(key), on: store, as: client)
            default: await perform(.set(key, "\(client)-\(number)"), on: store, as: client)
            }
        }
    }

    private func perform(
        _ input: StoreModel.Input, on store: any StoreClient, as client: Int
    ) async {
        await history.record(input, client: UInt64(client), clock: now) {
            () throws(StoreFailure) in try await store.perform(input)
        }
    }

    /// Nanoseconds since the load was made.
    private func now() -> UInt64 {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }
}
