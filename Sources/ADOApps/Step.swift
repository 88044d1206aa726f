internal import ADO

/// Why one step on one object has no result.
enum StepFailure: Error, Sendable {
    /// The method threw: committed, and it changed nothing.
    case thrown(MethodFailure)
    /// The method was not done, and never will be.
    case notDone(Obstacle)
    /// It may be done, now or later.
    case unknown(Obstacle)

    var obstacle: Obstacle {
        switch self {
        case .thrown: .unreadable
        case .notDone(let obstacle), .unknown(let obstacle): obstacle
        }
    }
}

/// What a DApp does with one of its objects by itself: it owns it, and commits one method at a
/// time, each exactly once.
///
/// This is the loop that the slides' "spin on the pull, invoke, spin on the push" lacks: after a
/// preemption it does not push again, which can never succeed, but settles what it had sent, pulls,
/// and begins again with the state that it finds.
struct Step<Object: AtomicObject>: Sendable {
    let handle: Handle<Object>
    let pacing: Pacing

    /// Pulls the object, whoever owns it.
    func pull(_ patience: inout Patience) async throws(StepFailure) {
        while true {
            do throws(PullFailure) {
                try await handle.pull(timeout: pacing.step)
                return
            } catch {
                try await retry(.notDone(Obstacle(error)), &patience)
            }
        }
    }

    /// Commits the method that `choose` picks for the state it is given.
    ///
    /// The state and the method are of one branch, so nothing comes between them. `choose` runs
    /// again if the branch was lost and the method with it. Without `pulls`, an object that is not
    /// owned any more is left alone.
    func commit<Result: BinaryCodable>(
        _ patience: inout Patience, pulls: Bool = true,
        _ choose: (Object) -> Call<Object, Result>
    ) async throws(StepFailure) -> Result {
        var hasPulled = false
        while true {
            guard let placed = try invoke(choose) else {
                guard pulls else { throw .notDone(.preempted) }
                if hasPulled { try await retry(.notDone(.preempted), &patience) }
                try await pull(&patience)
                hasPulled = true
                continue
            }
            hasPulled = false
            let result: Swift.Result<Result, MethodFailure> = try outcome(of: placed)
            guard try await push(placed, &patience, pulls: pulls, as: Result.self) else {
                try await retry(.notDone(.preempted), &patience)
                continue
            }
            do { return try result.get() } catch { throw .thrown(error) }
        }
    }

    /// Puts the method on the branch; nil if there is none.
    private func invoke<Result: BinaryCodable>(
        _ choose: (Object) -> Call<Object, Result>
    ) throws(StepFailure) -> Placed? {
        do throws(InvokeFailure) {
            return try handle.invoke(choosing: choose)
        } catch {
            switch error {
            case .stale, .notPulled: return nil
            case .tooLarge: throw .notDone(.tooLarge)
            // What the method came to is no failure of this: it is on the branch.
            case .busy, .thrown, .removed: throw .notDone(.busy)
            }
        }
    }

    /// What the method came to on the branch; committed, if the method is.
    private func outcome<Result: BinaryCodable>(
        of placed: Placed
    ) throws(StepFailure) -> Swift.Result<Result, MethodFailure> {
        do throws(InvokeFailure) {
            return .success(try placed.result())
        } catch .thrown(let failure) {
            return .failure(failure)
        } catch {
            throw .notDone(.removed)
        }
    }

    /// Pushes until a method is committed, which is true, or never will be, which is false.
    ///
    /// That a push succeeds says nothing by itself: another task may have pulled meanwhile, and
    /// the method is not on the branch any more.
    private func push<Result: BinaryCodable>(
        _ placed: Placed, _ patience: inout Patience, pulls: Bool, as type: Result.Type
    ) async throws(StepFailure) -> Bool {
        // A push that was late goes on: it may send the request, and lose the branch unseen.
        var isLate = false
        while true {
            let failure = await pushOnce()
            if handle.isCommitted(placed) { return true }
            switch failure {
            case .preempted(_, let unknown)?, .stale(let unknown)?:
                guard isLate || unknown.contains(placed.request) else { return false }
            case let other?:
                isLate = true
                try await retry(.unknown(Obstacle(other)), &patience)
                continue
            case nil: break
            }
            guard pulls else { throw .unknown(.preempted) }
            try await pullAgain(&patience)
            return try await settle(placed.request, &patience, as: type)
        }
    }

    private func pushOnce() async -> PushFailure? {
        do throws(PushFailure) {
            try await handle.push(timeout: pacing.step, knowsOwn: true)
            return nil
        } catch {
            return error
        }
    }

    /// Pulls after a preemption, so that settling is a push of its own: a server that carries it
    /// out would first wait whether the new owner is still there.
    private func pullAgain(_ patience: inout Patience) async throws(StepFailure) {
        do throws(StepFailure) {
            try await pull(&patience)
        } catch {
            throw .unknown(error.obstacle)
        }
    }

    /// Finds out what became of a request, or sees to it that nothing will.
    private func settle<Result: BinaryCodable>(
        _ request: Request, _ patience: inout Patience, as type: Result.Type
    ) async throws(StepFailure) -> Bool {
        while true {
            do throws(CallFailure) {
                switch try await handle.settle(request, as: type, deadline: pacing.step) {
                case .done, .thrown: return true
                case .cancelled: return false
                case .forgotten: throw CallFailure.unreadable
                }
            } catch {
                // What is on the own branch is unknown even where the backend is closed for good.
                let obstacle = await isClosed() ? .closed : Obstacle(error)
                try await retry(.unknown(obstacle), &patience)
            }
        }
    }

    /// Whether pushing fails because the backend is closed.
    private func isClosed() async -> Bool {
        do throws(PushFailure) {
            try await handle.push(timeout: pacing.step, knowsOwn: true)
            return false
        } catch {
            return error == .closed
        }
    }

    private func retry(
        _ failure: StepFailure, _ patience: inout Patience
    ) async throws(StepFailure) {
        guard !failure.obstacle.isFinal, await patience.again() else { throw failure }
    }
}
