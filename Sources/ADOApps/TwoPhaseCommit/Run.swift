internal import ADO
internal import ADOObjects
internal import Synchronization

/// One transaction on its way through its phases.
struct Run: Sendable {
    private let manager: TwoPhaseCommit
    private let id: TransactionID
    private let changes: [String: [ResourceChange]]

    init(manager: TwoPhaseCommit, id: TransactionID, changes: [String: [ResourceChange]]) {
        self.manager = manager
        self.id = id
        self.changes = changes
    }

    private var participants: [String] { changes.keys.sorted() }
    private var placement: TwoPhaseCommit.PullPlacement { manager.options.placement }

    func outcome() async throws(TwoPhaseCommit.Failure) -> TwoPhaseCommit.Outcome {
        let votes = await manager.ask(participants) { name in await prepare(name) }
        let reasons = zip(participants, votes)
        guard
            let (name, reason) = reasons.lazy.compactMap({ name, vote in vote.map { (name, $0) } })
                .first
        else { return try await commit() }
        record(reason, at: name)
        await abort(participants)
        return .aborted(id, reason)
    }

    /// Has the entries that follow record why they abort.
    private func record(_ reason: TwoPhaseCommit.AbortReason, at name: String) {
        let voter = ObjectName(type: ResourceManager.typeName, name: name)
        switch reason {
        case .refused, .fenced: Activity.current?.decide(by: voter)
        case .failed(_, let obstacle):
            Activity.current?.decide(byFailureOf: voter, ExternalEvent.Cause(obstacle))
        }
    }
}

extension ExternalEvent.Cause {
    fileprivate init(_ obstacle: Obstacle) {
        self =
            switch obstacle {
            case .locked, .busy: .busy
            case .preempted, .fenced: .preempted
            case .unreachable: .noQuorum
            case .tooLarge: .tooLarge
            case .interrupted: .interrupted
            case .closed: .closed
            case .unreadable, .removed: .unreadable
            }
    }
}

// MARK: - Phase one

extension Run {
    /// Asks for a vote; returns why the transaction must be aborted, or nil.
    func prepare(_ name: String) async -> TwoPhaseCommit.AbortReason? {
        guard let step = manager.steps[name] else { return .failed(at: name, .unreadable) }
        var patience = manager.patience(.retry(manager.options.triesMax - 1))
        let changes = changes[name] ?? []
        do throws(StepFailure) {
            if placement != .atStart { try await step.pull(&patience) }
            let vote = try await step.commit(&patience, pulls: false) { _ in
                .prepare(id, changes)
            }
            switch vote {
            case .yes: return nil
            case .no(let objection): return .refused(by: name, objection)
            case .fenced:
                manager.leaveUndecided()
                return .fenced
            }
        } catch {
            return .failed(at: name, error.obstacle)
        }
    }
}

// MARK: - Phase two

extension Run {
    /// Tells every participant to commit.
    func commit() async throws(TwoPhaseCommit.Failure) -> TwoPhaseCommit.Outcome {
        let rulings = await manager.ask(participants) { name in
            await decide(.commit, at: name)
        }
        if rulings.allSatisfy({ $0.isDecided(.commit) }) { return .committed(id) }
        manager.leaveUndecided()
        // No one committed, and none will: whoever recovers finds it undecided, or aborted.
        if rulings.allSatisfy({ $0.obstacle == .fenced }) { return .aborted(id, .fenced) }
        let obstacle = rulings.compactMap(\.obstacle).first ?? .unreadable
        let isCommitted = rulings.contains { $0.isDecided(.commit) }
        throw isCommitted ? .committedInPart(id, obstacle) : .unknown(id, obstacle)
    }

    /// Tells those who were asked that it is off; who cannot be told will be by recovery.
    func abort(_ asked: [String]) async {
        let rulings = await manager.ask(asked) { name in await decide(.abort, at: name) }
        if rulings.contains(where: { $0.obstacle != nil }) { manager.leaveUndecided() }
    }

    private func decide(_ decision: Decision, at name: String) async -> Result<Ruling, Obstacle> {
        var patience = manager.patience()
        do throws(Obstacle) {
            if placement == .perPhase { try await manager.pull(name, &patience) }
            return .success(try await manager.decide(id, decision, at: name, id.epoch, &patience))
        } catch {
            return .failure(error)
        }
    }
}

extension Result where Success == Ruling, Failure == Obstacle {
    fileprivate func isDecided(_ decision: Decision) -> Bool {
        if case .success(.decided(decision)) = self { return true }
        return false
    }

    /// Why there is no decision.
    fileprivate var obstacle: Obstacle? {
        switch self {
        case .failure(let obstacle): obstacle
        case .success(.fenced): .fenced
        case .success(.decided), .success(.unknown): nil
        }
    }
}
