public import ADOApps
public import Linearizability
internal import Synchronization

/// What the clients of a store saw, to be judged as a dictionary's.
public final class StoreHistory: Sendable {
    private let recorder = Mutex(Recorder<StoreModel.Input, StoreModel.Output>())

    /// Makes an empty history.
    public init() {}

    /// Runs an operation and notes what came of it; `isDead` says whether not to believe that.
    public func record(
        _ input: StoreModel.Input, client: UInt64, clock: () -> UInt64,
        isDead: () -> Bool = { false },
        _ body: () async throws(StoreFailure) -> StoreModel.Output
    ) async {
        let called = clock()
        let ticket = recorder.withLock { $0.begin(input, client: client, at: called) }
        do throws(StoreFailure) {
            let output = try await body()
            let returned = clock()
            finish(ticket, isDead() ? .unknown : .returned(output, at: returned))
        } catch .notDone where !isDead() {
            recorder.withLock { try? $0.discard(ticket) }
        } catch {
            finish(ticket, .unknown)
        }
    }

    private func finish(
        _ ticket: Int, _ outcome: History<StoreModel.Input, StoreModel.Output>.Outcome
    ) {
        recorder.withLock { try? $0.finish(ticket, outcome) }
    }

    /// How many operations returned, and how many have an unknown outcome.
    public var counts: (returned: Int, unknown: Int) {
        let operations = recorder.withLock { try? $0.history() }?.operations ?? []
        let returned = operations.count { if case .returned = $0.outcome { true } else { false } }
        return (returned, operations.count - returned)
    }

    /// Whether a dictionary could have shown all of it.
    public func verdict() throws(MalformedHistory) -> Verdict {
        let history = try recorder.withLock { recorder throws(MalformedHistory) in
            try recorder.history()
        }
        return StoreModel().check(history)
    }
}
