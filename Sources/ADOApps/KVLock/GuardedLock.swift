internal import ADO
internal import ADOObjects
internal import Synchronization

/// A timeout lock as one client uses it: acquires, keeps, lets the time of others pass, releases.
final class GuardedLock: Sendable {
    /// The right to write.
    struct Hold: Sendable {
        /// The fencing token.
        let token: UInt64
        /// When the client gives the lock back, however much it has to do.
        let end: Duration
        /// Whether it was kept from a write before, and may be lost.
        var isKept = false
    }

    private struct State: Sendable {
        /// What is held while no write is under way.
        var kept: Hold?
        /// Rises with each use of what was kept.
        var uses: UInt64 = 0
        /// Whether somebody looks after what is kept.
        var isLingering = false
        /// A release that is on its way.
        var release: Task<Void, Never>?
        /// The grant of somebody else that was seen last, and since when.
        var seen: TimeoutLock.Grant?
        var since = Duration.zero
        /// A release whose fate is unknown: arriving late it would end the next grant's work.
        var unsettled: Request?
    }

    private let handle: Handle<TimeoutLock>
    private let owner: UInt64
    private let options: KVLock.Options
    private let state = Mutex(State())

    init(_ handle: Handle<TimeoutLock>, owner: UInt64, _ options: KVLock.Options) {
        self.handle = handle
        self.owner = owner
        self.options = options
    }

    var surroundings: any Surroundings { handle.surroundings }
    private var step: CallPolicy { .exactlyOnce(deadline: options.pacing.step) }

    // MARK: Acquiring

    /// Takes the lock, unless it was kept.
    func acquire(_ patience: inout Patience) async throws(Obstacle) -> Hold {
        if let kept = takeKept() { return kept }
        await state.withLock { $0.release }?.value
        while true {
            let obstacle: Obstacle
            do throws(CallFailure) {
                try await settleRelease()
                let end = surroundings.now + options.tenure
                let call = Call<TimeoutLock, TimeoutLock.Attempt>.tryAcquire(
                    owner: owner, patience: options.lockPatience)
                switch try await handle.call(call, policy: step) {
                case .granted(let token): return Hold(token: token, end: end)
                case .held(let grant):
                    await wait(for: grant)
                    obstacle = .locked
                }
            } catch {
                obstacle = Obstacle(error)
            }
            guard !obstacle.isFinal, await patience.again() else { throw obstacle }
        }
    }

    /// What was kept and is not due, or due but not given back yet.
    private func takeKept() -> Hold? {
        let now = surroundings.now
        return state.withLock { state in
            guard let kept = state.kept else { return nil }
            state.kept = nil
            state.uses += 1
            return now < kept.end ? kept : nil
        }
    }

    // MARK: Giving back

    /// Keeps the lock for the next write, if that comes soon; else gives it back, without waiting.
    func keep(_ hold: Hold) {
        let due = surroundings.now + options.linger
        guard options.linger > .zero, due < hold.end else { return release(hold.token) }
        var kept = hold
        kept.isKept = true
        let isFirst = state.withLock { state in
            state.kept = kept
            defer { state.isLingering = true }
            return !state.isLingering
        }
        guard isFirst else { return }
        // Not a part of what this write is: the lock is given back after later ones too.
        Activity.$current.withValue(nil) {
            _ = surroundings.start { await self.linger() }
        }
    }

    /// Gives the lock back once it was not used for a while: one task, whatever the writes.
    private func linger() async {
        while true {
            let uses = state.withLock { $0.uses }
            _ = await surroundings.pause(options.linger)
            let (isOver, unused) = state.withLock { state -> (Bool, Hold?) in
                guard state.uses == uses else { return (false, nil) }
                state.isLingering = false
                defer { state.kept = nil }
                return (true, state.kept)
            }
            if let unused { release(unused.token) }
            if isOver { return }
        }
    }

    /// Gives back what is kept, and waits until that has arrived.
    func relinquish() async {
        let kept = state.withLock { state in
            defer { state.kept = nil }
            return state.kept
        }
        if let kept { release(kept.token) }
        await state.withLock { $0.release }?.value
    }

    /// Gives the lock back, if it can: if not, it is taken again under the same token, or times
    /// out.
    func release(_ token: UInt64) {
        let release = surroundings.start { await self.sendRelease(token) }
        state.withLock { $0.release = release }
    }

    private func sendRelease(_ token: UInt64) async {
        do throws(CallFailure) {
            try await handle.call(.release(token), policy: step)
        } catch {
            if case .unknown(let request) = error { state.withLock { $0.unsettled = request } }
        }
    }

    private func settleRelease() async throws(CallFailure) {
        guard let request = state.withLock({ $0.unsettled }) else { return }
        _ = try await handle.settle(request, as: Bool.self, deadline: options.pacing.step)
        state.withLock { $0.unsettled = nil }
    }

    // MARK: Waiting

    /// Lets time pass for a grant that looks as it did a tick ago.
    private func wait(for grant: TimeoutLock.Grant) async {
        let now = surroundings.now
        let isDue = state.withLock { state in
            guard state.seen == grant else {
                state.seen = grant
                state.since = now
                return false
            }
            return now - state.since >= options.tick
        }
        guard isDue else { return }
        // Whoever else waits does the same; one that is lost is sent again.
        let call = Call<TimeoutLock, TimeoutLock.Grant?>.tick(grant.token, seen: grant.elapsed)
        _ = try? await handle.call(call, policy: .atMostOnce)
        state.withLock { $0.seen = nil }
    }
}
