internal import ADO
internal import ADOApps
internal import ADOObjects
internal import ADOSpec
internal import Linearizability
internal import Synchronization

/// Clients of one store: linearizable as a dictionary, and what its keys lead to is there.
final class StoreApplication: Application {
    private let make: @Sendable (AppProcess) -> any StoreClient
    private let metaType: AppObject
    private let seen = Mutex(Recorder<StoreModel.Input, StoreModel.Output>())
    private let number = Mutex(0)
    /// Whether the last process read every key.
    private let isRead = Mutex(false)

    static let name = "s"
    private static let keys = ["a", "b", "c"]
    /// How often each key is read in the end, at most.
    private static let lastTries = 50
    /// Questions to the model, for each key.
    private static let stepsMax = 200_000

    /// Takes the way to use the store, and the type of its meta vector.
    init<Meta: AtomicObject>(
        meta: Meta.Type, _ make: @escaping @Sendable (AppProcess) -> any StoreClient
    ) {
        self.make = make
        metaType = AppObject(Meta.self, Self.name + ".meta")
    }

    var objects: [AppObject] {
        [
            AppObject(TimeoutLock.self, Self.name + ".lock"),
            AppObject(DVector<String>.self, Self.name + ".data"), metaType,
        ]
    }

    // MARK: What processes do

    func live(_ process: AppProcess) async {
        let store = make(process)
        while process.goesOn {
            if process.below(12) == 0 {
                _ = try? await store.collect()
            } else {
                await record(draw(process), store, process)
            }
            guard await process.time.pause(.milliseconds(process.below(100))) else { return }
        }
    }

    private func draw(_ process: AppProcess) -> StoreModel.Input {
        let key = Self.keys[Int(process.below(UInt64(Self.keys.count)))]
        switch process.below(8) {
        case 0...3:
            let value = number.withLock { number in
                number += 1
                return "\(number)"
            }
            return .set(key, value)
        case 4: return .remove(key)
        default: return .get(key)
        }
    }

    /// Reads everything, so that what was lost is missed.
    func finish(_ process: AppProcess) async {
        let store = make(process)
        for key in Self.keys {
            guard await read(key, store, process) else { return }
        }
        isRead.withLock { $0 = true }
    }

    /// Whether a key can be read: some clients give up where they meet a lock that a dead one held.
    private func read(
        _ key: String, _ store: any StoreClient, _ process: AppProcess
    ) async -> Bool {
        for _ in 0..<Self.lastTries {
            if await record(.get(key), store, process) { return true }
            guard await process.time.pause(.milliseconds(200)) else { return false }
        }
        return false
    }

    /// Does one operation, and says whether its result is known.
    @discardableResult
    private func record(
        _ input: StoreModel.Input, _ store: any StoreClient, _ process: AppProcess
    ) async -> Bool {
        let called = process.tick()
        let ticket = seen.withLock { $0.begin(input, client: process.number, at: called) }
        let outcome: History<StoreModel.Input, StoreModel.Output>.Outcome?
        do throws(StoreFailure) {
            let output = try await store.perform(input)
            outcome = process.isDead ? .unknown : .returned(output, at: process.tick())
        } catch {
            if case .notDone = error, !process.isDead { outcome = nil } else { outcome = .unknown }
        }
        seen.withLock { seen in
            if let outcome {
                try? seen.finish(ticket, outcome)
            } else {
                try? seen.discard(ticket)
            }
        }
        if case .returned = outcome { return true }
        return false
    }

    // MARK: What must hold

    func judge(_ truth: AppTruth) -> Violation? {
        PlaceCheck.judge(
            locked: truth.state(DVector<MetaBucket>.self, Self.name + ".meta"),
            free: truth.state(MetaVector.self, Self.name + ".meta"),
            truth.state(DVector<String>.self, Self.name + ".data"))
    }

    func judgeEnd(_ truth: AppTruth) -> ADOSpec.Verdict {
        guard isRead.withLock({ $0 }) else {
            return .violated(
                Violation(rule: "last reads", explanation: "a key cannot be read after healing"))
        }
        guard let history = try? seen.withLock({ try $0.history() }) else {
            return .violated(
                Violation(rule: "history", explanation: "no clients can have seen this"))
        }
        return StoreModel().check(history, stepsPerKey: Self.stepsMax)
            .forRun(of: "the store")
    }
}
