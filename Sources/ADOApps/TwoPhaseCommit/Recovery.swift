internal import ADO
internal import ADOObjects
internal import Synchronization

extension TwoPhaseCommit {
    /// Enrolls everywhere under a fresh epoch, and decides what is undecided.
    func enroll() async throws(Obstacle) {
        leaveUndecided()
        var patience = patience()
        while true {
            let epoch = state.withLock { state in
                state.epochMax += 1
                state.begun = 0
                return Epoch(number: state.epochMax, manager: identity)
            }
            do throws(Obstacle) {
                try await settle(try await reports(epoch), epoch)
                state.withLock { $0.epoch = epoch }
                return
            } catch {
                // Somebody else enrolled too: the higher epoch wins.
                guard error == .fenced, await patience.again() else { throw error }
            }
        }
    }

    /// What each resource manager reports when this manager enrolls.
    private func reports(_ epoch: Epoch) async throws(Obstacle) -> [Report] {
        let reports = await ask(names) { await self.report($0, epoch) }
        var good: [Report] = []
        for report in reports { good.append(try report.get()) }
        return good
    }

    private func report(_ name: String, _ epoch: Epoch) async -> Result<Report, Obstacle> {
        guard let step = steps[name] else { return .failure(.unreadable) }
        var patience = patience()
        var before = Epoch.none
        do throws(StepFailure) {
            try await step.pull(&patience)
            let enrolment = try await step.commit(&patience) { manager in
                before = manager.epoch
                return .enroll(epoch)
            }
            switch enrolment {
            case .fenced(let other):
                noteEpoch(other)
                return .failure(.fenced)
            case .enrolled where before == epoch:
                // Of an earlier life of this identity, which must not go on beside this one.
                noteEpoch(before)
                return .failure(.fenced)
            case .enrolled(let undecided, let recent):
                return .success(Report(name: name, undecided: undecided, recent: recent))
            }
        } catch {
            return .failure(error.obstacle)
        }
    }

    /// Commits everywhere what is committed somewhere, and drops the rest.
    private func settle(_ reports: [Report], _ epoch: Epoch) async throws(Obstacle) {
        let committed = Set(
            reports.flatMap { $0.recent }.filter { $0.decision == .commit }.map(\.id))
        let obstacles = await ask(reports) { await self.settle($0, committed, epoch) }
        if let obstacle = obstacles.compactMap({ $0 }).first { throw obstacle }
    }

    private func settle(
        _ report: Report, _ committed: Set<TransactionID>, _ epoch: Epoch
    ) async -> Obstacle? {
        var patience = patience()
        do throws(Obstacle) {
            for id in report.undecided {
                let decision: Decision = committed.contains(id) ? .commit : .abort
                let ruling = try await decide(id, decision, at: report.name, epoch, &patience)
                if case .fenced = ruling { return .fenced }
            }
            return nil
        } catch {
            return error
        }
    }
}

// MARK: - What both phases and recovery do

extension TwoPhaseCommit {
    /// Asks several at once, and returns the answers in the order of the questions.
    func ask<Question: Sendable, Answer: Sendable>(
        _ questions: [Question], _ answer: @escaping @Sendable (Question) async -> Answer
    ) async -> [Answer] {
        await withTaskGroup(of: (Int, Answer).self) { group in
            for (place, question) in questions.enumerated() {
                group.addImmediateTask { (place, await answer(question)) }
            }
            var answers: [(Int, Answer)] = []
            for await answer in group { answers.append(answer) }
            return answers.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// The tries that one question gets; the persistent ones, unless told.
    func patience(_ policy: FailurePolicy? = nil) -> Patience {
        Patience(policy ?? options.persistence, options.pacing, in: surroundings)
    }

    /// Says that something may be undecided: the next transaction begins with recovery.
    func leaveUndecided() { state.withLock { $0.epoch = nil } }

    func pull(_ name: String, _ patience: inout Patience) async throws(Obstacle) {
        do throws(StepFailure) {
            try await steps[name]?.pull(&patience)
        } catch {
            throw error.obstacle
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
        if case .fenced(let other) = ruling { noteEpoch(other) }
        return ruling
    }

    private func noteEpoch(_ other: Epoch) {
        state.withLock { $0.epochMax = max($0.epochMax, other.number) }
    }
}

/// What one resource manager reports to a manager that enrolls.
private struct Report: Sendable {
    let name: String
    let undecided: [TransactionID]
    let recent: [Decided]
}
