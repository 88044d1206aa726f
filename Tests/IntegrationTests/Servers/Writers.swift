import ADO
import ADOObjects
import MultiPaxos
import Synchronization
import TestSupport

/// Clients that write as fast as they are answered, until they are told to stop, and remember what
/// they were told.
///
/// Each writes keys of its own with values that occur once, and adds to one counter.
final class Writers: Sendable {
    /// What is known of the writes.
    struct Ledger: Sendable {
        /// Each key whose write was acknowledged, with the value.
        var acknowledged: [String: String] = [:]
        /// The sum of the additions that were acknowledged.
        var added = 0
        /// Requests whose outcome is not known.
        var unknownKeys: Set<String> = []
        var unknownAdditions: [Request] = []
        /// Calls that were definitely not done.
        var refused = 0
    }

    /// The objects that are written.
    static let keys = ObjectName(type: KeyValue.typeName, name: "keys")
    static let sum = ObjectName(type: Counter.typeName, name: "sum")

    private let ledger = Mutex(Ledger())
    private let isStopped = Mutex(false)

    /// What is known by now.
    var known: Ledger { ledger.withLock { $0 } }

    /// Writes from `count` tasks while `body` runs.
    ///
    /// - Returns: What is known after the last answer.
    static func run(
        _ count: Int = 4, on client: Cluster, policy: CallPolicy = .standard,
        during body: (Writers) async throws -> Void
    ) async throws -> Ledger {
        let writers = Writers()
        return try await withThrowingTaskGroup { group in
            for writer in 1...count {
                group.addTask { try await writers.write(as: writer, client, policy) }
            }
            do {
                try await body(writers)
            } catch {
                writers.isStopped.withLock { $0 = true }
                throw error
            }
            writers.isStopped.withLock { $0 = true }
            try await group.waitForAll()
            return writers.known
        }
    }

    /// Waits until so many more writes are acknowledged.
    func waitForProgress(
        _ writes: Int = 20, within deadline: Duration = .seconds(20)
    ) async throws {
        let goal = known.acknowledged.count + writes
        try await poll(until: "\(goal) writes are acknowledged", within: deadline) {
            known.acknowledged.count >= goal
        }
    }

    private func write(as writer: Int, _ client: Cluster, _ policy: CallPolicy) async throws {
        let keys = client.object(KeyValue.self, named: Self.keys.name)
        let sum = client.object(Counter.self, named: Self.sum.name)
        var number = 0
        while !isStopped.withLock({ $0 }) {
            number += 1
            await set("\(writer)-\(number)", keys, policy)
            if number % 4 == 0 { await add(keys: number, sum, policy) }
        }
    }

    private func set(_ key: String, _ keys: Handle<KeyValue>, _ policy: CallPolicy) async {
        let value = "value of \(key)"
        do throws(CallFailure) {
            try await keys.call(.set(key, to: value), policy: policy)
            ledger.withLock { $0.acknowledged[key] = value }
        } catch {
            await note(error) { $0.unknownKeys.insert(key) }
        }
    }

    private func add(keys number: Int, _ sum: Handle<Counter>, _ policy: CallPolicy) async {
        do throws(CallFailure) {
            try await sum.call(.add(number), policy: policy)
            ledger.withLock { $0.added += number }
        } catch {
            guard case .unknown(let request) = error else { return await note(error) { _ in } }
            let settled = try? await sum.settle(request, as: Int.self, deadline: .seconds(10))
            ledger.withLock { ledger in
                switch settled {
                case .done: ledger.added += number
                case .cancelled, .thrown: ledger.refused += 1
                case .forgotten, nil: ledger.unknownAdditions.append(request)
                }
            }
        }
    }

    private func note(_ failure: CallFailure, unknown: (inout Ledger) -> Void) async {
        ledger.withLock { ledger in
            if case .unknown = failure { unknown(&ledger) } else { ledger.refused += 1 }
        }
        // A refused call comes back at once: do not spin.
        try? await Task.sleep(for: .milliseconds(10))
    }
}
