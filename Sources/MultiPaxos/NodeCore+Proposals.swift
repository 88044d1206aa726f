internal import ADO
internal import CMultiPaxos
internal import CMultiPaxosUV
internal import Synchronization

extension NodeCore {
    /// Starts a pull or push and returns what became of it, or `cancelled` once the task is.
    func propose<Outcome: Sendable>(
        cancelled: Outcome,
        _ start: (NodeCore, UInt64, @escaping @Sendable (Outcome) -> Void) -> Void
    ) async -> Outcome {
        let token = waiting.tokens()
        let once = Once<Outcome>()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                once.wait(continuation)
                start(self, token) { once.settle($0) }
                if Task.isCancelled { once.settle(cancelled) }
            }
        } onCancel: {
            once.settle(cancelled)
        }
    }

    func pull<Object: AtomicObject>(
        _ object: ObjectName, as type: Object.Type, _ token: UInt64, _ timeout: Duration,
        _ settle: @escaping @Sendable (Result<Pulled<Object>, PullFailure>) -> Void
    ) {
        let group = object.group
        // From here on a push with the ballot of an earlier pull would reach the new branch.
        let before = owned.withLock { $0.removeValue(forKey: group) }
        waiting.add(token) { [self] proposed in
            let result = pulled(object, group, as: type, proposed)
            if case .failure(.busy) = result { restore(before, group) }
            settle(result)
        }
        var status = open(object, group)
        if status == MP_OK {
            status = order { mp_uv_node_pull($0, group, token, timeout.microseconds) }
        }
        guard status != MP_OK, waiting.takeProposal(token) != nil else { return }
        restore(before, group)
        settle(.failure(status == MP_CLOSED ? .closed : .busy))
    }

    /// A pull that was refused took the object from nobody.
    private func restore(_ before: Owned?, _ group: UInt64) {
        owned.withLock { owned in
            if owned[group] == nil { owned[group] = before }
        }
    }

    /// Copies the adopted state out, on the loop thread.
    private func pulled<Object: AtomicObject>(
        _ object: ObjectName, _ group: UInt64, as type: Object.Type, _ proposed: mp_uv_proposed?
    ) -> Result<Pulled<Object>, PullFailure> {
        let inherited = loop.takeInherited(group)
        guard let proposed else { return .failure(.closed) }
        if let failure = PullFailure(proposed) { return .failure(failure) }
        guard let box = loop.host(object, group)?.box as? ReplicaBox<Object> else {
            return .failure(.unreadable)
        }
        let ballot = Ballot(proposed.ballot)
        owned.withLock { $0[group] = Owned(ballot: ballot) }
        // The driver begins an empty log with the entry that names the object.
        let tip = max(proposed.point.index, 1)
        return .success(
            Pulled(ballot: ballot, committed: box.replica, inherited: inherited, tip: tip))
    }

    func push(
        _ object: ObjectName, _ ballot: Ballot, _ entries: [UInt8], _ count: Int,
        _ token: UInt64, _ timeout: Duration, _ settle: @escaping @Sendable (PushReport) -> Void
    ) {
        let group = object.group
        waiting.add(token) { [self] proposed in
            let report = proposed.map { PushReport($0) } ?? .unknown
            if report.endsOwnership { disown(group, ballot) }
            if report.isSent { give(count, group, ballot) }
            settle(report)
        }
        // Under the lock, so that no pull comes between the check and the order.
        let status: mp_status? = owned.withLock { owned in
            guard let mine = owned[group], mine.ballot == ballot else { return nil }
            return order { raw in
                mp_uv_node_push(
                    raw, group, token, ballot.round, mine.given, UInt32(clamping: count), entries,
                    UInt32(clamping: entries.count), timeout.microseconds)
            }
        }
        guard let status else {
            _ = waiting.takeProposal(token)
            return settle(.stale)
        }
        guard status != MP_OK, waiting.takeProposal(token) != nil else { return }
        settle(PushReport(refused: status))
    }
}

extension NodeCore {
    /// An object that a handle of this node pulled.
    struct Owned {
        let ballot: Ballot
        /// Entries that were pushed since, and that are in the log as far as the handle knows.
        var given: UInt64 = 0
    }

    func disown(_ group: UInt64, _ ballot: Ballot) {
        owned.withLock { owned in
            if owned[group]?.ballot == ballot { owned[group] = nil }
        }
    }

    private func give(_ count: Int, _ group: UInt64, _ ballot: Ballot) {
        owned.withLock { owned in
            if owned[group]?.ballot == ballot { owned[group]?.given += UInt64(count) }
        }
    }
}

extension PushReport {
    /// Whether the handle takes its entries for sent.
    fileprivate var isSent: Bool {
        switch self {
        case .committed, .partial, .preempted, .unknown: true
        case .stale, .busy, .storageFull, .tooLarge, .closed: false
        }
    }

    fileprivate var endsOwnership: Bool {
        switch self {
        case .preempted, .stale: true
        default: false
        }
    }
}

/// A continuation that several may try to resume.
private final class Once<Outcome: Sendable>: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Outcome, Never>)
        case settled
    }

    private let state = Mutex(State.idle)

    func wait(_ continuation: CheckedContinuation<Outcome, Never>) {
        state.withLock { $0 = .waiting(continuation) }
    }

    /// Resumes the continuation if there is one; a cancellation before that is noticed later.
    func settle(_ outcome: Outcome) {
        let continuation: CheckedContinuation<Outcome, Never>? = state.withLock { state in
            guard case .waiting(let continuation) = state else { return nil }
            state = .settled
            return continuation
        }
        continuation?.resume(returning: outcome)
    }
}

extension PullFailure {
    fileprivate init?(_ raw: mp_uv_proposed) {
        switch raw.what {
        case MP_UV_PULLED: return nil
        case MP_UV_PREEMPTED: self = .preempted(by: Ballot(raw.ballot))
        case MP_UV_PROPOSAL_BUSY: self = .busy
        case MP_UV_PROPOSAL_FULL: self = .storageFailed
        default: self = .noQuorum
        }
    }
}

extension PushReport {
    fileprivate init(_ raw: mp_uv_proposed) {
        switch raw.what {
        case MP_UV_COMMITTED: self = .committed(through: raw.point.index)
        case MP_UV_PARTIAL: self = .partial(through: raw.point.index)
        case MP_UV_PREEMPTED: self = .preempted(by: Ballot(raw.ballot))
        case MP_UV_PUSH_STALE: self = .stale
        case MP_UV_PROPOSAL_BUSY: self = .busy
        case MP_UV_PROPOSAL_FULL: self = .storageFull
        case MP_UV_PROPOSAL_TOO_BIG: self = .tooLarge
        default: self = .unknown
        }
    }

    fileprivate init(refused status: mp_status) {
        switch status {
        case MP_CLOSED: self = .closed
        case MP_TOO_BIG: self = .tooLarge
        case MP_BUSY: self = .busy
        default: preconditionFailure("a push of entries that are not well formed")
        }
    }
}
