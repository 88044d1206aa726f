/// What an object remembers of its clients, so that a request is done at most once.
///
/// The table is part of the replicated state: it changes only with entries of the log, and equal
/// logs make equal tables. A session keeps the results of its requests until its client says that
/// it has them, by the `lowest` number in each call. Everything is bounded: beyond the bounds the
/// oldest results of a session are given up, and then the session that was used longest ago.
///
/// What follows for a client: a request of a session that was evicted is refused, not repeated; a
/// request whose result was given up is answered as forgotten, not repeated. The ids of evicted
/// sessions are remembered for a long while, so that a late duplicate cannot reopen one.
public struct SessionTable: Sendable {
    /// Numbers of requests are below this.
    static let requestMax = UInt64(1) << 62

    let limits: SessionLimits
    private var sessions: [Session] = []
    private var free: [Int] = []
    // Session id to its position in `sessions`, or -1 once evicted. Never iterated.
    private var positions: [UInt64: Int] = [:]
    private var evicted: [UInt64] = []
    private var evictedStart = 0
    // The ends of the list of sessions by last use, -1 if there are none.
    private var oldest = -1
    private var newest = -1
    private var storedBytes = 0

    /// Makes an empty table.
    public init() {
        self.init(limits: .standard)
    }

    init(limits: SessionLimits) {
        self.limits = limits
    }

    /// The number of open sessions.
    public var count: Int { sessions.count - free.count }

    /// Whether a session is open.
    public func isOpen(_ session: UInt64) -> Bool {
        guard let position = positions[session] else { return false }
        return position >= 0
    }

    /// Whether the result of a request is stored, or the request settled as cancelled.
    public func isStored(_ request: Request) -> Bool {
        guard let position = positions[request.session], position >= 0 else { return false }
        return sessions[position].window.isStored(request.number)
    }
}

/// Bounds of a session table.
///
/// They are part of the protocol: replicas must agree on them.
struct SessionLimits: Sendable {
    /// Sessions that may be open.
    var sessions: Int
    /// Results kept per session, and their bytes.
    var results: Int
    var bytes: Int
    /// Bytes of the results of all sessions together.
    var totalBytes: Int
    /// Ids of evicted sessions that are remembered.
    var evicted: Int

    static let standard = SessionLimits(
        sessions: 4096, results: 8192, bytes: 4 << 20, totalBytes: 64 << 20, evicted: 16384)
}

private struct Session {
    var id: UInt64
    var window = ResultWindow()
    /// Neighbours in the list by last use, -1 at its ends.
    var older = -1
    var newer = -1
}

// MARK: - Entries

extension SessionTable {
    /// Opens a session, or finds it open.
    ///
    /// - Returns: `ok`; `noSession` if it was evicted; `rejected` if no session has this id.
    @usableFromInline
    mutating func open(_ id: UInt64) -> ReplyOutcome {
        guard id != 0 else { return .rejected }
        if let position = positions[id] {
            guard position >= 0 else { return .noSession }
            touch(position)
            return .ok
        }
        if count == limits.sessions { evict() }
        let position = free.popLast() ?? sessions.count
        if position == sessions.count {
            sessions.append(Session(id: id))
        } else {
            sessions[position] = Session(id: id)
        }
        positions[id] = position
        link(position)
        return .ok
    }

    /// Decides about a request: the position of its session if it is new, or -1 after appending the
    /// record that answers it.
    @usableFromInline
    mutating func admit(_ header: CallHeader, results: inout Writer) -> Int {
        guard header.request >= 1, header.request < Self.requestMax,
            header.lowest < Self.requestMax
        else { return refuse(.rejected, &results) }
        let position = find(header.session)
        guard position >= 0 else { return refuse(.noSession, &results) }
        touch(position)
        storedBytes -= sessions[position].window.raise(to: header.lowest)
        switch sessions[position].window.admit(header.request, results: &results) {
        case .new: return position
        case .answered: return -1
        case .forgotten: return refuse(.forgotten, &results)
        }
    }

    /// Stores what became of a request that was admitted.
    @usableFromInline
    mutating func store(
        _ request: UInt64, at position: Int, outcome: ReplyOutcome, payload: UnsafeRawBufferPointer
    ) {
        storedBytes += sessions[position].window.store(
            request, outcome: outcome.rawValue, payload: payload,
            countMax: limits.results, bytesMax: limits.bytes)
        while storedBytes > limits.totalBytes, oldest != newest { evict() }
    }

    /// Answers what became of a request; if nothing did, it never will.
    @usableFromInline
    mutating func settle(_ header: CallHeader, results: inout Writer) {
        let position = admit(header, results: &results)
        guard position >= 0 else { return }
        store(
            header.request, at: position, outcome: .cancelled,
            payload: UnsafeRawBufferPointer(start: nil, count: 0))
        _ = refuse(.cancelled, &results)
    }

    private func find(_ id: UInt64) -> Int {
        // Calls of one session come in runs.
        if newest >= 0, sessions[newest].id == id { return newest }
        return positions[id] ?? -1
    }

    private func refuse(_ outcome: ReplyOutcome, _ results: inout Writer) -> Int {
        results.record(outcome)
        return -1
    }
}

// MARK: - The list by last use

extension SessionTable {
    private mutating func touch(_ position: Int) {
        guard position != newest else { return }
        unlink(position)
        link(position)
    }

    private mutating func link(_ position: Int) {
        sessions[position].older = newest
        sessions[position].newer = -1
        if newest >= 0 { sessions[newest].newer = position } else { oldest = position }
        newest = position
    }

    private mutating func unlink(_ position: Int) {
        let older = sessions[position].older
        let newer = sessions[position].newer
        if older >= 0 { sessions[older].newer = newer } else { oldest = newer }
        if newer >= 0 { sessions[newer].older = older } else { newest = older }
    }

    private mutating func evict() {
        let position = oldest
        let id = sessions[position].id
        storedBytes -= sessions[position].window.liveBytes
        unlink(position)
        sessions[position] = Session(id: 0)
        free.append(position)
        remember(id)
    }

    private mutating func remember(_ id: UInt64) {
        positions[id] = -1
        evicted.append(id)
        guard evicted.count - evictedStart > limits.evicted else { return }
        positions[evicted[evictedStart]] = nil
        evictedStart += 1
        guard evictedStart > limits.evicted else { return }
        evicted.removeFirst(evictedStart)
        evictedStart = 0
    }
}

// MARK: - Encoding

extension SessionTable: BinaryCodable, Equatable {
    /// Appends the sessions in order of last use, oldest first, then the ids of evicted ones.
    public func write(to writer: inout Writer) {
        writer.varint(UInt64(count))
        var position = oldest
        while position >= 0 {
            writer.u64(sessions[position].id)
            sessions[position].window.write(to: &writer)
            position = sessions[position].newer
        }
        writer.varint(UInt64(evicted.count - evictedStart))
        evicted[evictedStart...].map(\.littleEndian).withUnsafeBytes { writer.raw($0) }
    }

    /// Reads a table within the standard bounds.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> SessionTable {
        try read(from: &reader, limits: .standard)
    }

    static func read(
        from reader: inout Reader, limits: SessionLimits
    ) throws(DecodingFailure) -> SessionTable {
        var table = SessionTable(limits: limits)
        let count = try reader.length()
        guard count <= limits.sessions else { throw .malformed }
        for _ in 0..<count {
            let id = try reader.u64()
            let window = try ResultWindow.read(from: &reader)
            guard window.count <= limits.results, window.liveBytes <= limits.bytes,
                table.positions[id] == nil, table.open(id) == .ok
            else { throw .malformed }
            table.sessions[table.newest].window = window
            table.storedBytes += window.liveBytes
        }
        guard table.storedBytes <= limits.totalBytes else { throw .malformed }
        let evictedCount = try reader.length()
        guard evictedCount <= limits.evicted else { throw .malformed }
        for _ in 0..<evictedCount {
            let id = try reader.u64()
            guard id != 0, table.positions[id] == nil else { throw .malformed }
            table.remember(id)
        }
        return table
    }

    /// Whether two tables are the same state.
    public static func == (left: SessionTable, right: SessionTable) -> Bool {
        left.encoded() == right.encoded()
    }
}
