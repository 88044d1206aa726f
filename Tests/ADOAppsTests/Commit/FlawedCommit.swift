import ADO
import ADOObjects
import ADOSpec
import Synchronization

@testable import ADOApps
@testable import ADOSimulator

/// Two-phase commit with one thing wrong.
enum FlawedCommit: Sendable, CaseIterable {
    /// Tells each resource manager to commit as soon as it has voted.
    case decidesBeforeAllVotes
    /// Takes a commit that may have been done for one that was not, and aborts the rest.
    case abortsWhatIsUnknown
    /// Believes what it pulled, which nobody has committed.
    case recoversWithoutPushing
    /// Takes a yes that was not pushed for a vote.
    case countsVotesUnpushed

    private typealias Manager = TwoPhaseCommit

    func run(
        _ manager: TwoPhaseCommit, _ changes: [String: [ResourceChange]]
    ) async throws(TwoPhaseCommit.Failure) -> TwoPhaseCommit.Outcome {
        do throws(Obstacle) {
            if self == .recoversWithoutPushing {
                if manager.state.withLock({ $0.epoch == nil }) { try await recover(manager) }
            }
            if manager.state.withLock({ $0.epoch == nil }) { try await manager.enroll() }
        } catch {
            throw .notBegun(error)
        }
        let id = manager.state.withLock { state in
            state.begun += 1
            return TransactionID(epoch: state.epoch ?? .none, number: state.begun)
        }
        let run = Run(manager: manager, id: id, changes: changes)
        switch self {
        case .recoversWithoutPushing: return try await run.outcome()
        case .decidesBeforeAllVotes: return try await hasty(run, manager, id, changes)
        case .abortsWhatIsUnknown: return try await guessing(manager, id, changes)
        case .countsVotesUnpushed: return try await unpushed(manager, id, changes)
        }
    }
}

extension FlawedCommit {
    private func patience(_ manager: TwoPhaseCommit) -> Patience {
        manager.patience()
    }

    private func hasty(
        _ run: Run, _ manager: TwoPhaseCommit, _ id: TransactionID,
        _ changes: [String: [ResourceChange]]
    ) async throws(TwoPhaseCommit.Failure) -> TwoPhaseCommit.Outcome {
        var patience = patience(manager)
        for name in changes.keys.sorted() {
            if let reason = await run.prepare(name) {
                _ = try? await manager.decide(id, .abort, at: name, id.epoch, &patience)
                manager.state.withLock { $0.epoch = nil }
                return .aborted(id, reason)
            }
            _ = try? await manager.decide(id, .commit, at: name, id.epoch, &patience)
        }
        return .committed(id)
    }

    private func guessing(
        _ manager: TwoPhaseCommit, _ id: TransactionID, _ changes: [String: [ResourceChange]]
    ) async throws(TwoPhaseCommit.Failure) -> TwoPhaseCommit.Outcome {
        let run = Run(manager: manager, id: id, changes: changes)
        var patience = patience(manager)
        for name in changes.keys.sorted() {
            guard let reason = await run.prepare(name) else { continue }
            await run.abort(changes.keys.sorted())
            return .aborted(id, reason)
        }
        for name in changes.keys.sorted() {
            guard let step = manager.steps[name] else { continue }
            if !step.handle.isOwner { _ = try? await step.pull(&patience) }
            _ = try? step.handle.invoke(.decide(id, .commit, by: id.epoch))
            if (try? await step.handle.push()) != nil { continue }
            await run.abort(changes.keys.sorted())
            return .aborted(id, .failed(at: name, .unreachable))
        }
        return .committed(id)
    }

    private func unpushed(
        _ manager: TwoPhaseCommit, _ id: TransactionID, _ changes: [String: [ResourceChange]]
    ) async throws(TwoPhaseCommit.Failure) -> TwoPhaseCommit.Outcome {
        let run = Run(manager: manager, id: id, changes: changes)
        for name in changes.keys.sorted() {
            guard let step = manager.steps[name] else { continue }
            let vote = try? step.handle.invoke(.prepare(id, changes[name] ?? []))
            guard vote == .yes else {
                await run.abort(changes.keys.sorted())
                return .aborted(id, .failed(at: name, .unreachable))
            }
        }
        return try await run.commit()
    }

    /// Enrolls everywhere and decides by what it finds, but pushes only with decisions.
    private func recover(_ manager: TwoPhaseCommit) async throws(Obstacle) {
        var patience = patience(manager)
        let epoch = manager.state.withLock { state in
            state.epochMax += 1
            state.begun = 0
            return Epoch(number: state.epochMax, manager: manager.identity)
        }
        var committed: Set<TransactionID> = []
        var undecided: [(String, TransactionID)] = []
        for name in manager.names {
            guard let step = manager.steps[name] else { continue }
            do throws(StepFailure) { try await step.pull(&patience) } catch { throw error.obstacle }
            guard let enrolment = try? step.handle.invoke(.enroll(epoch)) else { throw .preempted }
            guard case .enrolled(let open, let recent) = enrolment else {
                manager.state.withLock { $0.epochMax += 1 }
                throw .fenced
            }
            committed.formUnion(recent.filter { $0.decision == .commit }.map(\.id))
            undecided += open.map { (name, $0) }
        }
        for (name, id) in undecided {
            let decision: Decision = committed.contains(id) ? .commit : .abort
            _ = try await manager.decide(id, decision, at: name, epoch, &patience)
        }
        manager.state.withLock { $0.epoch = epoch }
    }
}
