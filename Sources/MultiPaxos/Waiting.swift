internal import ADO
internal import CMultiPaxosUV
internal import Synchronization

/// Who waits for what: calls, proposals and fetches by token.
///
/// Every waiter is told exactly once, outside the lock: by its answer, at its deadline, when its
/// task is cancelled, or when the node closes. Whoever takes it out of the table tells it.
final class Waiting: Sendable {
    struct Call: Sendable {
        let deadline: ContinuousClock.Instant
        let onReply: @Sendable (Reply) -> Void
    }

    /// Gets `nil` if the node closed.
    typealias Proposal = @Sendable (mp_uv_proposed?) -> Void

    struct Fetch: Sendable {
        var onFrame: @Sendable (borrowing LogFrame) -> Void = { _ in }
        var onChunk: @Sendable (UnsafeRawBufferPointer) -> Void = { _ in }
        let onEnd: @Sendable (Result<FetchEnd, NodeError>) -> Void
    }

    private struct Tables {
        var nextToken: UInt64 = 1
        var calls: [UInt64: Call] = [:]
        var proposals: [UInt64: Proposal] = [:]
        var fetches: [UInt64: Fetch] = [:]
        var isSweeping = false
    }

    private let tables = Mutex(Tables())

    /// The first of `count` tokens that no other waiter of this node has.
    func tokens(_ count: Int = 1) -> UInt64 {
        tables.withLock { tables in
            defer { tables.nextToken += UInt64(count) }
            return tables.nextToken
        }
    }
}

// MARK: - Calls

extension Waiting {
    func add(_ token: UInt64, _ call: Call) {
        let startsSweep = tables.withLock { tables in
            tables.calls[token] = call
            defer { tables.isSweeping = true }
            return !tables.isSweeping
        }
        if startsSweep { sweep() }
    }

    /// Tells the waiter of `token`, unless somebody did already.
    func settle(_ token: UInt64, _ outcome: ReplyOutcome) {
        let call = tables.withLock { $0.calls.removeValue(forKey: token) }
        call?.onReply(Reply(outcome))
    }

    /// Tells the waiters of many answers, with one pass under the lock.
    func settle(_ replies: UnsafeBufferPointer<mp_uv_reply>) {
        var ready: [(Call, Int)] = []
        ready.reserveCapacity(replies.count)
        tables.withLock { tables in
            for (position, reply) in replies.enumerated() {
                guard let call = tables.calls.removeValue(forKey: reply.token) else { continue }
                ready.append((call, position))
            }
        }
        for (call, position) in ready { call.onReply(Reply(replies[position])) }
    }

    /// Ends the calls whose deadline passed, as long as there are calls.
    ///
    /// One task for all of them: a timer of its own would cost a call more than the call itself.
    private func sweep() {
        Task.detached { [self] in
            while expire() {
                try? await Task.sleep(for: .milliseconds(5), tolerance: .milliseconds(5))
            }
        }
    }

    private func expire() -> Bool {
        let now = ContinuousClock.now
        let (expired, goesOn) = tables.withLock { tables in
            let late = tables.calls.filter { $0.value.deadline <= now }
            for token in late.keys { tables.calls[token] = nil }
            tables.isSweeping = !tables.calls.isEmpty
            return (late.values.map(\.onReply), tables.isSweeping)
        }
        for onReply in expired { onReply(Reply(.unknown)) }
        return goesOn
    }
}

// MARK: - Proposals and fetches

extension Waiting {
    func add(_ token: UInt64, _ proposal: @escaping Proposal) {
        tables.withLock { $0.proposals[token] = proposal }
    }

    func add(_ token: UInt64, _ fetch: Fetch) {
        tables.withLock { $0.fetches[token] = fetch }
    }

    func takeProposal(_ token: UInt64) -> Proposal? {
        tables.withLock { $0.proposals.removeValue(forKey: token) }
    }

    func fetch(_ token: UInt64) -> Fetch? {
        tables.withLock { $0.fetches[token] }
    }

    func takeFetch(_ token: UInt64) -> Fetch? {
        tables.withLock { $0.fetches.removeValue(forKey: token) }
    }

    /// The node is closed: whatever still waits will not be answered.
    func settleAll() {
        let all = tables.withLock { tables in
            defer {
                tables.calls = [:]
                tables.proposals = [:]
                tables.fetches = [:]
            }
            return (tables.calls, tables.proposals, tables.fetches)
        }
        for call in all.0.values { call.onReply(Reply(.unknown)) }
        for proposal in all.1.values { proposal(nil) }
        for fetch in all.2.values { fetch.onEnd(.failure(.closed)) }
    }
}

extension Reply {
    init(_ raw: mp_uv_reply) {
        self.init(
            ReplyOutcome(raw.outcome), index: raw.index,
            payload: Array(UnsafeBufferPointer(start: raw.payload, count: Int(raw.size))))
    }
}

extension ReplyOutcome {
    /// An outcome that this version does not know leaves open what happened.
    init(_ raw: mp_uv_outcome) {
        self = ReplyOutcome(rawValue: raw.rawValue) ?? .unknown
    }

    /// What it means for a call that it was not even taken.
    init(refused status: mp_status) {
        switch status {
        case MP_BUSY: self = .busy
        case MP_CLOSED: self = .closed
        case MP_TOO_BIG: self = .tooLarge
        default: self = .rejected
        }
    }
}
