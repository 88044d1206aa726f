internal import ADO
internal import CMultiPaxos
internal import CMultiPaxosUV
public import Synchronization

extension Pipeline {
    /// Submits the calls that `fill` appends, with new requests.
    ///
    /// - Returns: The number of calls.
    /// - Throws: ``NodeError`` with code `busy` where a queue is full, or `closed`: nothing was
    ///   submitted, and the numbers are given out again.
    @inlinable
    @discardableResult
    public func submit(_ fill: (inout CallBlock<Object>) -> Void) throws(NodeError) -> Int {
        let result = state.withLock { state -> Result<Int, NodeError> in
            state.calls.begin(
                first: state.window.next, lowest: state.window.lowest,
                countMax: state.window.room)
            record(&state)
            fill(&state.calls)
            return sendNew(&state)
        }
        return try result.get()
    }

    /// Submits calls again that failed, with the same requests: `first` and those right after it.
    ///
    /// `fill` must append the same methods as before. The calls must be open still, which they are
    /// only if the pipeline ``keepsFailed``.
    ///
    /// - Returns: The number of calls.
    /// - Throws: ``NodeError`` as ``submit(_:)`` does; nothing was submitted then.
    @inlinable
    @discardableResult
    public func retry(
        from first: UInt64, _ fill: (inout CallBlock<Object>) -> Void
    ) throws(NodeError) -> Int {
        let result = state.withLock { state -> Result<Int, NodeError> in
            state.calls.begin(
                first: first, lowest: state.window.lowest,
                countMax: Int(clamping: state.window.next &- first))
            record(&state)
            fill(&state.calls)
            return sendAgain(&state)
        }
        return try result.get()
    }

    /// Submits the reads that `fill` appends; their numbers have nothing to do with requests.
    ///
    /// - Returns: The number of reads.
    /// - Throws: ``NodeError`` as ``submit(_:)`` does; nothing was submitted then.
    @inlinable
    @discardableResult
    public func submitReads(
        _ fill: (inout ReadBlock<Object>) -> Void
    ) throws(NodeError) -> Int {
        let result = state.withLock { state -> Result<Int, NodeError> in
            state.reads.begin(first: state.nextRead)
            fill(&state.reads)
            return sendReads(&state)
        }
        return try result.get()
    }

    /// Gives up an open request: it counts as finished, and if it arrives late it is refused.
    public func abandon(_ request: UInt64) {
        state.withLock { $0.window.finish(request) }
    }

    /// How many more calls the window has room for.
    public var room: Int { state.withLock { $0.window.room } }
}

// MARK: - Behind the lock

extension Pipeline {
    /// Makes what the calls of the block record: what this pipeline had seen before all of them.
    @usableFromInline
    func record(_ state: inout State) {
        guard core.options.recordsOrigins, let seen = state.seen else { return }
        state.calls.origin = Origin(seen: [seen]).field
    }

    @usableFromInline
    func sendNew(_ state: inout State) -> Result<Int, NodeError> {
        let count = state.calls.count
        guard count > 0 else { return .success(0) }
        let status = send(.entry, state.calls.first, count, state.calls.writer)
        guard status == MP_OK else { return .failure(NodeError(status)) }
        state.window.take(count)
        return .success(count)
    }

    @usableFromInline
    func sendAgain(_ state: inout State) -> Result<Int, NodeError> {
        let (first, count) = (state.calls.first, state.calls.count)
        guard count > 0 else { return .success(0) }
        for request in first..<first + UInt64(count) {
            precondition(state.window.isOpen(request), "request \(request) is not open any more")
        }
        let status = send(.entry, first, count, state.calls.writer)
        return status == MP_OK ? .success(count) : .failure(NodeError(status))
    }

    @usableFromInline
    func sendReads(_ state: inout State) -> Result<Int, NodeError> {
        let count = state.reads.count
        guard count > 0 else { return .success(0) }
        let first = state.nextRead | RouteTable.readBit
        let status = send(.read, first, count, state.reads.writer)
        guard status == MP_OK else { return .failure(NodeError(status)) }
        state.nextRead += UInt64(count)
        return .success(count)
    }

    private func send(
        _ kind: CallKind, _ first: UInt64, _ count: Int, _ writer: borrowing Writer
    ) -> mp_status {
        let token = route << RouteTable.shift | first
        return writer.withUnsafeBytes { bytes in
            core.submit(group, kind, token, count, bytes)
        }
    }

    /// Marks what is finished, then hands the answers on, on the loop thread.
    func settle(_ raw: UnsafeBufferPointer<mp_uv_reply>, _ onReplies: OnReplies) {
        let replies = Replies(raw)
        state.withLock { state in
            for position in 0..<replies.count {
                let reply = replies[position]
                guard !reply.isRead, !keepsFailed || reply.isFinal else { continue }
                state.window.finish(reply.number)
            }
            state.note(replies)
        }
        onReplies(self, replies)
    }
}

extension Pipeline.State {
    /// Remembers the last of several answers.
    fileprivate mutating func note(_ replies: borrowing Replies) {
        guard replies.count > 0 else { return }
        let last = replies[replies.count - 1]
        guard last.index > 0, last.outcome == .ok || last.outcome == .thrown else { return }
        guard !last.isRead else { return seen = .state(of: nil, index: last.index) }
        seen = .reply(
            of: nil, index: last.index, digest: ReplyDigest.of(last.outcome, last.payload))
    }
}

extension Node {
    /// Opens a session that no other client has, by an entry of the log.
    func openSession<Object: AtomicObject>(
        _ name: ObjectName, of type: Object.Type, _ timeout: Duration
    ) async throws(NodeError) -> UInt64 {
        let session = UInt64.random(in: 1...UInt64.max)
        var block = Writer()
        block.openEntry(session: session, for: type)
        let deadline = ContinuousClock.now + timeout
        var outcome = ReplyOutcome.unknown
        while true {
            let left = deadline - .now
            guard left > .zero, !Task.isCancelled else { break }
            let replies = await call(
                name, kind: .entry, entries: block.bytes, count: 1, timeout: left)
            outcome = replies[0].outcome
            guard outcome.isWorthAnotherTry else { break }
            try? await Task.sleep(for: .milliseconds(20))
        }
        guard outcome == .ok else { throw NodeError(opening: outcome) }
        return session
    }
}

extension ReplyOutcome {
    fileprivate var isWorthAnotherTry: Bool {
        switch self {
        case .busy, .noQuorum, .notOpen, .storageFull, .unknown: true
        default: false
        }
    }
}

extension NodeError {
    fileprivate init(opening outcome: ReplyOutcome) {
        switch outcome {
        case .closed: self = .closed
        case .unhosted:
            self.init(.unknownObject, "the servers do not host this type; register it there")
        case .quarantined:
            self.init(
                .malformed, "the servers stopped at an entry of this log; pull it to see why")
        case .rejected:
            self.init(.malformed, "the servers do not know this call; use clients of their version")
        case .storageFull:
            self.init(.storageFull, "the disks of the servers are full; make room on them")
        default:
            self.init(.unreachable, "no session could be opened in time; check the servers")
        }
    }
}
