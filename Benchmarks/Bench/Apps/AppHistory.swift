import ADOApps
import Linearizability
import Synchronization

/// What the clients of a store saw of some of its keys.
final class AppHistory: Sendable {
    typealias Outcome = History<StoreModel.Input, StoreModel.Output>.Outcome

    /// Keys whose operations are remembered, and how many operations at most.
    private static let keysMax = 16
    private static let operationsMax = 200_000

    let keys: [String]
    private let isRemembered: Set<String>
    private let recorder = Mutex(Linearizability.Recorder<StoreModel.Input, StoreModel.Output>())
    private let count = Tally()

    init(keys: [String]) {
        self.keys = Array(keys.prefix(Self.keysMax))
        isRemembered = Set(self.keys)
    }

    /// Runs an operation, and remembers what came of it.
    func record(
        _ input: StoreModel.Input, client: Int,
        _ body: () async throws(StoreFailure) -> StoreModel.Output
    ) async -> AppAnswer {
        let ticket = begin(input, client)
        do throws(StoreFailure) {
            let output = try await body()
            finish(ticket, .returned(output, at: monotonicNow()))
            return .done
        } catch .notDone {
            if let ticket { recorder.withLock { try? $0.discard(ticket) } }
            return .refused
        } catch {
            finish(ticket, .unknown)
            return .unknown
        }
    }

    private func begin(_ input: StoreModel.Input, _ client: Int) -> Int? {
        // Keys of a client's own store begin with its number.
        let key = StoreModel().key(of: input).split(separator: ":").last.map(String.init)
        guard let key, isRemembered.contains(key) else { return nil }
        count.add()
        return recorder.withLock {
            $0.begin(input, client: UInt64(client), at: monotonicNow())
        }
    }

    private func finish(_ ticket: Int?, _ outcome: Outcome) {
        guard let ticket else { return }
        recorder.withLock { try? $0.finish(ticket, outcome) }
    }

    /// Whether a dictionary could have shown all that is remembered.
    func finding() -> AppFinding? {
        guard count.value <= Self.operationsMax else {
            return .undecided("\(count.value) operations are too many to be judged: more --keys")
        }
        guard let history = recorder.withLock({ try? $0.history() }) else {
            return .offence("no clients can have seen this")
        }
        switch StoreModel().check(history) {
        case .linearizable: return nil
        case .violation(let explanation): return .offence(explanation.text)
        case .undecided(let reason): return .undecided(reason)
        }
    }
}

/// A number that several tasks add to.
final class Tally: Sendable {
    private let number = Mutex(0)

    var value: Int { number.withLock { $0 } }

    func add() { number.withLock { $0 += 1 } }
}

/// What the transactions over one set of resource managers came to, whoever ran them.
struct CommitTally: Sendable {
    /// All that were begun.
    let begun = Tally()
    /// Those that were said to be committed.
    let done = Tally()
    /// Those that were said not to be.
    let refused = Tally()

    /// Those of which nobody can say.
    var unknown: Int { begun.value - done.value - refused.value }

    /// What is wrong with resource managers that each transaction added one to; nil if nothing is.
    func offence(_ quantities: Set<Int>, of names: [String]) -> String? {
        let possible = done.value...done.value + unknown
        guard quantities.count == 1, quantities.allSatisfy(possible.contains) else {
            return "\(names) hold \(quantities.sorted()), where \(done.value) were committed and "
                + "\(unknown) may be"
        }
        return nil
    }
}
