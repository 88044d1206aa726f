internal import ADO
internal import ADOObjects
internal import Synchronization

/// A timeout lock as one client uses it: acquires, lets the time of others pass, releases.
final class GuardedLock: Sendable {
    private struct State: Sendable {
        /// The grant of somebody else that was seen last, and since when.
        var seen: TimeoutLock.Grant?
        var since = ContinuousClock.now
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

    private var step: CallPolicy { .exactlyOnce(deadline: options.pacing.step) }

    /// Takes the lock, and returns the fencing token.
    func acquire(_ patience: inout Patience) async throws(Obstacle) -> UInt64 {
        while true {
            let obstacle: Obstacle
            do throws(CallFailure) {
                try await settleRelease()
                let call = Call<TimeoutLock, TimeoutLock.Attempt>.tryAcquire(
                    owner: owner, patience: options.lockPatience)
                switch try await handle.call(call, policy: step) {
                case .granted(let token): return token
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

    /// Gives the lock back, if it can: if not, it is taken again under the same token, or times
    /// out.
    func release(_ token: UInt64) async {
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

    /// Lets time pass for a grant that looks as it did a tick ago.
    private func wait(for grant: TimeoutLock.Grant) async {
        let isDue = state.withLock { state in
            guard state.seen == grant else {
                state.seen = grant
                state.since = .now
                return false
            }
            return .now - state.since >= options.tick
        }
        guard isDue else { return }
        // Whoever else waits does the same; one that is lost is sent again.
        let call = Call<TimeoutLock, TimeoutLock.Grant?>.tick(grant.token, seen: grant.elapsed)
        _ = try? await handle.call(call, policy: .atMostOnce)
        state.withLock { $0.seen = nil }
    }
}
