public import ADO
internal import CMultiPaxos
internal import CMultiPaxosUV
internal import Synchronization

extension Node: Backend {
    /// As the options say.
    public var recordsOrigins: Bool { core.options.recordsOrigins }

    /// As the options say.
    public var journal: (any EventJournal)? { core.options.journal }

    /// Tries to own the object from this node, and adopts its log.
    public func pull<Object: AtomicObject>(
        _ object: ObjectName, as type: Object.Type, timeout: Duration
    ) async throws(PullFailure) -> Pulled<Object> {
        types.host(type)
        let result = await core.propose(cancelled: .failure(.cancelled)) { core, token, settle in
            core.pull(object, as: type, token, timeout, settle)
        }
        let pulled = try result.get()
        if let reason = await core.compareFirst(object.group) { throw .quarantined(reason) }
        return pulled
    }

    /// Appends entries to the log that this node pulled with `ballot`, and commits it.
    public func push(
        _ object: ObjectName, ballot: Ballot, entries: [UInt8], count: Int, timeout: Duration
    ) async -> PushReport {
        await core.propose(cancelled: .unknown) { core, token, settle in
            core.push(object, ballot, entries, count, token, timeout, settle)
        }
    }

    /// Sends calls or reads to the serving node; answers come in the order of the entries.
    ///
    /// What is not answered in time, or when the task is cancelled, is `unknown`.
    public func call(
        _ object: ObjectName, kind: CallKind, entries: [UInt8], count: Int, timeout: Duration
    ) async -> [Reply] {
        precondition(count > 0, "a call without entries has no answer")
        let first = core.waiting.tokens(count)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let deadline = ContinuousClock.now + timeout
                core.collect(first, count, deadline) { continuation.resume(returning: $0) }
                core.submit(object, kind, entries, first, count)
                if Task.isCancelled { core.giveUp(first, count) }
            }
        } onCancel: {
            core.giveUp(first, count)
        }
    }

    /// Reads what is committed from a server, and from the next one where it does not answer.
    ///
    /// A server that knows of nothing new answers after five election timeouts, or once it does.
    public func committed(
        _ object: ObjectName, from index: UInt64, timeout: Duration
    ) async -> CommittedPart {
        let blocks = Mutex<[CommittedBlock]>([])
        do throws(NodeError) {
            let end = try await core.fetchEnd(
                object.group, from: core.sources.present(among: core.options), at: index,
                bytes: 256 << 10, waits: true
            ) { frame in
                let block = CommittedBlock(frame)
                blocks.withLock { $0.append(block) }
            }
            if end.isTrimmed { return .trimmed(first: end.last &+ 1) }
        } catch {
            guard !core.isClosed else { return .closed }
            core.sources.skip()
            return error.code == .unknownObject ? .blocks([]) : .unavailable
        }
        let found = blocks.withLock { $0 }
        if found.isEmpty { core.sources.skip() }
        return .blocks(found)
    }

    /// Gives up the object, if it was pulled with `ballot`: later pushes with it are stale.
    public func release(_ object: ObjectName, ballot: Ballot) {
        core.disown(object.group, ballot)
    }
}

// MARK: - Calls

extension NodeCore {
    /// Sees to it that `done` gets one answer for each of the tokens.
    fileprivate func collect(
        _ first: UInt64, _ count: Int, _ deadline: ContinuousClock.Instant,
        _ done: @escaping @Sendable ([Reply]) -> Void
    ) {
        guard count > 1 else {
            waiting.add(first, Waiting.Call(deadline: deadline) { done([$0]) })
            return
        }
        let gathering = Gathering(count, done)
        for offset in 0..<count {
            let call = Waiting.Call(deadline: deadline) { gathering.put($0, at: offset) }
            waiting.add(first + UInt64(offset), call)
        }
    }

    fileprivate func submit(
        _ object: ObjectName, _ kind: CallKind, _ entries: [UInt8], _ first: UInt64, _ count: Int
    ) {
        let group = object.group
        var status = open(object, group)
        if status == MP_OK {
            status = entries.withUnsafeBytes { submit(group, kind, first, count, $0) }
        }
        guard status != MP_OK else { return }
        for offset in 0..<count {
            waiting.settle(first + UInt64(offset), ReplyOutcome(refused: status))
        }
    }

    func submit(
        _ group: UInt64, _ kind: CallKind, _ first: UInt64, _ count: Int,
        _ block: UnsafeRawBufferPointer
    ) -> mp_status {
        order { raw in
            mp_uv_node_submit(
                raw, group, mp_uv_call_kind(kind.rawValue), first, UInt32(clamping: count),
                block.baseAddress?.assumingMemoryBound(to: UInt8.self),
                UInt32(clamping: block.count))
        }
    }

    /// The caller waits no more: what was submitted may or may not be done.
    fileprivate func giveUp(_ first: UInt64, _ count: Int) {
        for offset in 0..<count { waiting.settle(first + UInt64(offset), .unknown) }
    }

    /// Tells the driver once what the object is.
    func open(_ object: ObjectName, _ group: UInt64) -> mp_status {
        guard !opened.withLock({ $0.contains(group) }) else { return MP_OK }
        let description = object.description
        let status = order { raw in
            mp_uv_node_open(raw, group, description, UInt32(description.count))
        }
        if status == MP_OK { opened.withLock { _ = $0.insert(group) } }
        return status
    }
}

/// Answers that come one by one and are wanted together.
private final class Gathering: Sendable {
    private let state: Mutex<(replies: [Reply], missing: Int)>
    private let done: @Sendable ([Reply]) -> Void

    init(_ count: Int, _ done: @escaping @Sendable ([Reply]) -> Void) {
        state = Mutex((Array(repeating: Reply(.unknown), count: count), count))
        self.done = done
    }

    func put(_ reply: Reply, at offset: Int) {
        let all: [Reply]? = state.withLock { state in
            state.replies[offset] = reply
            state.missing -= 1
            return state.missing == 0 ? state.replies : nil
        }
        if let all { done(all) }
    }
}
