internal import ADO
internal import ADOObjects
internal import Synchronization

/// One transaction on its way through its phases.
struct Run {
    private typealias Outcome = TwoPhaseCommit.Outcome
    private typealias Failure = TwoPhaseCommit.Failure
    private typealias AbortReason = TwoPhaseCommit.AbortReason

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
        var asked: [String] = []
        var reason: TwoPhaseCommit.AbortReason?
        for name in participants {
            asked.append(name)
            reason = await prepare(name)
            if reason != nil { break }
        }
        guard let reason else { return try await commit() }
        await abort(asked)
        return .aborted(id, reason)
    }
}

// MARK: - Phase one

extension Run {
    /// Asks for a vote; returns why the transaction must be aborted, or nil.
    func prepare(_ name: String) async -> TwoPhaseCommit.AbortReason? {
        guard let step = manager.steps[name] else { return .failed(at: name, .unreadable) }
        var patience = Patience(
            .retry(manager.options.triesMax - 1), manager.options.pacing)
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
                manager.state.withLock { $0.epoch = nil }
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
        var isCommitted = false
        do throws(Obstacle) {
            for name in participants {
                switch try await decide(.commit, at: name) {
                case .decided(.commit): isCommitted = true
                case .decided(.abort): throw .unreadable
                case .unknown: throw .unreadable
                case .fenced:
                    // Nothing was sent elsewhere: whoever recovers finds it undecided, or aborted.
                    if !isCommitted { return .aborted(id, .fenced) }
                    throw .fenced
                }
            }
            return .committed(id)
        } catch {
            manager.state.withLock { $0.epoch = nil }
            throw isCommitted ? .committedInPart(id, error) : .unknown(id, error)
        }
    }

    /// Tells those who were asked that it is off; who cannot be told will be by recovery.
    func abort(_ asked: [String]) async {
        for name in asked {
            do throws(Obstacle) {
                if case .fenced = try await decide(.abort, at: name) { throw .fenced }
            } catch {
                manager.state.withLock { $0.epoch = nil }
                return
            }
        }
    }

    private func decide(_ decision: Decision, at name: String) async throws(Obstacle) -> Ruling {
        var patience = Patience(manager.options.persistence, manager.options.pacing)
        if placement == .perPhase, let step = manager.steps[name] {
            do throws(StepFailure) {
                try await step.pull(&patience)
            } catch {
                throw error.obstacle
            }
        }
        return try await manager.decide(id, decision, at: name, id.epoch, &patience)
    }
}
