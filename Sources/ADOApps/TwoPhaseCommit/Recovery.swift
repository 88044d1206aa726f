internal import ADO
internal import ADOObjects
internal import Synchronization

extension TwoPhaseCommit {
    /// Enrolls everywhere under a fresh epoch, and decides what is undecided.
    func enroll() async throws(Obstacle) {
        state.withLock { $0.epoch = nil }
        var patience = Patience(options.persistence, options.pacing)
        while true {
            let epoch = state.withLock { state in
                state.epochMax += 1
                state.begun = 0
                return Epoch(number: state.epochMax, manager: identity)
            }
            do throws(Obstacle) {
                let reports = try await reports(epoch, &patience)
                try await settle(reports, epoch, &patience)
                state.withLock { $0.epoch = epoch }
                return
            } catch {
                // Somebody else enrolled too: the higher epoch wins.
                guard error == .fenced, await patience.again() else { throw error }
            }
        }
    }

    /// What each resource manager reports when this manager enrolls.
    private func reports(
        _ epoch: Epoch, _ patience: inout Patience
    ) async throws(Obstacle) -> [Report] {
        var reports: [Report] = []
        for name in names {
            guard let step = steps[name] else { continue }
            let enrolment: Enrolment
            do throws(StepFailure) {
                try await step.pull(&patience)
                enrolment = try await step.commit(&patience) { _ in .enroll(epoch) }
            } catch {
                throw error.obstacle
            }
            switch enrolment {
            case .fenced(let other):
                state.withLock { $0.epochMax = max($0.epochMax, other.number) }
                throw .fenced
            case .enrolled(let undecided, let recent):
                reports.append(Report(name: name, undecided: undecided, recent: recent))
            }
        }
        return reports
    }

    /// Commits everywhere what is committed somewhere, and drops the rest.
    private func settle(
        _ reports: [Report], _ epoch: Epoch, _ patience: inout Patience
    ) async throws(Obstacle) {
        let committed = Set(
            reports.flatMap { $0.recent }.filter { $0.decision == .commit }.map(\.id))
        for report in reports {
            for id in report.undecided {
                let decision: Decision = committed.contains(id) ? .commit : .abort
                let ruling = try await decide(id, decision, at: report.name, epoch, &patience)
                if case .fenced = ruling { throw .fenced }
            }
        }
    }

    /// Has a resource manager decide, until it works.
    func decide(
        _ id: TransactionID, _ decision: Decision, at name: String, _ epoch: Epoch,
        _ patience: inout Patience
    ) async throws(Obstacle) -> Ruling {
        guard let step = steps[name] else { throw .unreadable }
        let ruling: Ruling
        do throws(StepFailure) {
            ruling = try await step.commit(&patience) { _ in .decide(id, decision, by: epoch) }
        } catch {
            throw error.obstacle
        }
        if case .fenced(let other) = ruling {
            state.withLock { $0.epochMax = max($0.epochMax, other.number) }
        }
        return ruling
    }
}

/// What one resource manager reports to a manager that enrolls.
private struct Report {
    let name: String
    let undecided: [TransactionID]
    let recent: [Decided]
}
