internal import ADO
internal import ADOApps
internal import ADOObjects
internal import ADOSpec
internal import Synchronization

/// Transaction managers over the same resource managers: atomic, ordered, and told truly.
final class CommitApplication: Application {
    /// Runs one transaction.
    typealias Run =
        @Sendable (TwoPhaseCommit, [String: [ResourceChange]]) async throws(TwoPhaseCommit.Failure)
        -> TwoPhaseCommit.Outcome

    private let options: TwoPhaseCommit.Options
    private let run: Run
    private let transactions = Mutex<[AtomicityCheck.Transaction]>([])
    private let isRecovered = Mutex(false)

    private static let names = ["rm1", "rm2", "rm3"]

    init(_ options: TwoPhaseCommit.Options, _ run: @escaping Run) {
        self.options = options
        self.run = run
    }

    var objects: [AppObject] { Self.names.map { AppObject(ResourceManager.self, $0) } }

    // MARK: What processes do

    func live(_ process: AppProcess) async {
        let manager = TwoPhaseCommit(over: Self.names, on: process, options: options)
        while process.goesOn {
            // Two in three concern all; some take more than was brought: somebody may vote no.
            let first = Int(process.below(2 * UInt64(Self.names.count)))
            let amount = process.below(3) == 0 ? -1 : 1
            let participants = Self.names.dropFirst(first)
            let (place, changes) = transactions.withLock { all in
                let transaction = AtomicityCheck.Transaction(
                    tag: "tag \(all.count)",
                    participants: Set(participants.isEmpty ? Self.names[...] : participants),
                    amount: amount)
                all.append(transaction)
                return (all.count - 1, transaction.changes)
            }
            let outcome = try? await run(manager, changes)
            if process.isDead { return }
            transactions.withLock { $0[place].told = outcome }
            guard await process.time.pause(.milliseconds(process.below(50))) else { return }
        }
    }

    /// Recovers, so that nothing is left undecided.
    func finish(_ process: AppProcess) async {
        var options = options
        options.persistence = .retry(1000)
        let last = TwoPhaseCommit(over: Self.names, on: process, options: options)
        let isRecovered = (try? await last.recover()) != nil
        self.isRecovered.withLock { $0 = isRecovered }
    }

    // MARK: What must hold

    private func managers(_ truth: AppTruth) -> [AtomicityCheck.Manager] {
        Self.names.map { name in
            let manager = truth.state(ResourceManager.self, name)
            return AtomicityCheck.Manager(
                name: name, decided: manager.decided, prepared: manager.prepared,
                quantity: { manager.quantity(of: $0) })
        }
    }

    func judge(_ truth: AppTruth) -> Violation? { AtomicityCheck.judge(managers(truth)) }

    func judgeEnd(_ truth: AppTruth) -> Verdict {
        guard isRecovered.withLock({ $0 }) else {
            return .violated(Violation(rule: "recovery", explanation: "the last manager gave up"))
        }
        let all = transactions.withLock { $0 }
        if let violation = AtomicityCheck.judgeEnd(managers(truth), all) {
            return .violated(violation)
        }
        return .holds
    }
}
