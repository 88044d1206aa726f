internal import ADO

/// One object in the hands of an adversary: the model's state, and what the entries on it do.
struct World: Sendable {
    /// Somebody else, who may take over at any time.
    static let rival: UInt64 = 101
    /// Whoever carries out calls.
    static let server: UInt64 = 102

    private(set) var model = Interpreter()
    /// The first event that the model refused: a mistake of the player itself.
    private(set) var violation: Violation?
    /// What is committed, applied.
    private(set) var replica: any Folding
    private var entries: [CacheID: [UInt8]] = [:]
    private var replies: [CacheID: Reply] = [:]
    /// Calls that are on their way, and may arrive at any time.
    private var delayed: [[[UInt8]]] = []
    private var rivalSessions: UInt64 = 0
    private let rivalMethod: [UInt8]?

    var state: ModelState { model.state }

    init(_ replica: any Folding, rivalMethod: [UInt8]?) {
        self.replica = replica
        self.rivalMethod = rivalMethod
    }

    /// A time above every other.
    private func freshTime(_ node: UInt64) -> Ballot {
        Ballot(round: state.owners.highest.round + 1, node: node)
    }

    /// Where a pull may find itself, the newest first.
    private var live: [CacheID] {
        state.caches.keys.sorted(by: >) + [state.root]
    }

    private mutating func happen(_ event: ModelEvent) {
        do throws(Violation) {
            try model.accept(event)
        } catch {
            if violation == nil { violation = error }
        }
        for cache in state.persist[Int(replica.lastIndex)...] {
            replies[cache.id] = replica.apply(entries[cache.id] ?? [])
        }
    }

    private mutating func invoke(_ node: UInt64, _ entry: [UInt8]) {
        guard let id = state.cids[node]?.next else { return }
        entries[id] = entry
        happen(.invoked(node, Self.name(entry)))
    }

    private static func name(_ entry: [UInt8]) -> String {
        guard entry.count > 4 else { return "nothing" }
        guard entry[4] == UInt8(EntryKind.call.rawValue) else { return "barrier" }
        guard let header = try? CallHeader.decoded(from: Array(entry.dropFirst(8).prefix(25)))
        else { return "unreadable" }
        switch header.operation {
        case .open: return "open"
        case .method: return "request \(header.request)"
        case .settle: return "settle \(header.request)"
        case .create: return "create \(header.request)"
        case .remove: return "remove \(header.request)"
        }
    }
}

// MARK: - Others

extension World {
    /// Lets the adversary interfere, once, before an operation.
    mutating func interfere(_ choices: inout Choices) {
        let live = live
        let pick = choices.choose(1 + 3 * live.count + delayed.count)
        if pick == 0 { return }
        if pick > 3 * live.count {
            let call = delayed.remove(at: pick - 3 * live.count - 1)
            _ = carryOut(call, at: live[0])
            return
        }
        let (place, extent) = (live[(pick - 1) / 3], (pick - 1) % 3)
        happen(.pulled(Self.rival, freshTime(Self.rival), at: place))
        guard extent > 0 else { return }
        for entry in rivalEntries() { invoke(Self.rival, entry) }
        if extent == 2 { pushAll(Self.rival) }
    }

    private mutating func rivalEntries() -> [[UInt8]] {
        var writer = Writer()
        guard let rivalMethod else {
            writer.entry(.barrier)
            return [writer.bytes]
        }
        rivalSessions += 1
        writer.openEntry(session: rivalSessions)
        let open = writer.bytes
        writer = Writer()
        writer.entry(.call) { writer in
            CallHeader(session: rivalSessions, request: 1, lowest: 1, operation: .method)
                .write(to: &writer)
            writer.raw(rivalMethod)
        }
        return [open, writer.bytes]
    }

    private mutating func pushAll(_ node: UInt64) {
        guard let tip = state.cids[node]?.parent else { return }
        happen(.pushed(node, through: tip))
    }

    /// Has a server take over at `place`, and commit `call` there; returns the answers.
    private mutating func carryOut(_ call: [[UInt8]], at place: CacheID) -> [Reply] {
        hold(call, at: place)
        let tip = state.cids[Self.server]?.parent ?? .root
        let branch = state.branch(to: tip).suffix(call.count).map(\.id)
        pushAll(Self.server)
        return branch.map { replies[$0] ?? Reply(.unknown) }
    }

    /// Has a server take over at `place`, and put `call` on its branch, where others may find it.
    private mutating func hold(_ call: [[UInt8]], at place: CacheID) {
        happen(.pulled(Self.server, freshTime(Self.server), at: place))
        for entry in call { invoke(Self.server, entry) }
    }
}

// MARK: - Pull

extension World {
    /// What a pull comes to: a place to stand on, or a failure.
    mutating func pull<Object: AtomicObject>(
        _ node: UInt64, _ choices: inout Choices
    ) throws(PullFailure) -> Pulled<Object> {
        interfere(&choices)
        let live = live
        let pick = choices.choose(live.count + 2)
        let time = freshTime(node)
        if pick == live.count {
            happen(.pullFailed(node))
            throw .noQuorum
        }
        if pick > live.count {
            happen(.pullPreempted(node, time))
            throw .preempted(by: Ballot(round: time.round + 1, node: Self.rival))
        }
        happen(.pulled(node, time, at: live[pick]))
        let inherited = state.branch(to: live[pick]).map { cache in
            EntryBlock(first: cache.id.depth, count: 1, bytes: entries[cache.id] ?? [])
        }
        guard let committed = replica as? ObjectReplica<Object> else { throw .unreadable }
        return Pulled(ballot: time, committed: committed, inherited: inherited)
    }
}

// MARK: - Push

extension World {
    /// What a push comes to.
    mutating func push(
        _ node: UInt64, _ ballot: Ballot, _ block: [[UInt8]], _ choices: inout Choices
    ) -> PushReport {
        interfere(&choices)
        guard let position = state.cids[node], position.time == ballot else { return .stale }
        guard state.owners.highest == ballot, state.isLive(position.parent) else {
            return pushLate(node, position, block, &choices)
        }
        if block.isEmpty, position.parent == state.root {
            return .committed(through: state.root.depth)
        }
        return pushInTime(node, ballot, block, &choices)
    }

    /// Somebody took over: nothing can be committed any more, but the entries may get somewhere.
    private mutating func pushLate(
        _ node: UInt64, _ position: Position, _ block: [[UInt8]], _ choices: inout Choices
    ) -> PushReport {
        let pick = choices.choose(3)
        if pick > 0, state.isLive(position.parent) {
            for entry in block { invoke(node, entry) }
        } else if !block.isEmpty, !state.isLive(position.parent) {
            happen(.invokeFailed(node))
        }
        happen(.pushFailed(node))
        return pick == 2 ? .unknown : .preempted(by: state.owners.highest)
    }

    /// Everything may be committed, or a part, or nothing; and the node may hear of that or not.
    private mutating func pushInTime(
        _ node: UInt64, _ ballot: Ballot, _ block: [[UInt8]], _ choices: inout Choices
    ) -> PushReport {
        let tip = state.cids[node]?.parent ?? state.root
        let own = state.branch(to: tip).filter { $0.id.time == ballot }.map(\.id)
        let next = (0..<UInt64(block.count)).map {
            CacheID(time: ballot, depth: tip.depth + $0 + 1)
        }
        // The newest first; nil for a push that commits nothing.
        let ends: [CacheID?] = (own + next).reversed() + [nil]
        let pick = choices.choose(3 * ends.count)
        if pick == 3 * ends.count - 3 { return .busy }
        for entry in block { invoke(node, entry) }
        let end = ends[pick / 3]
        happen(end.map { .pushed(node, through: $0) } ?? .pushFailed(node))
        switch pick % 3 {
        case 0:
            return pick == 0
                ? .committed(through: state.root.depth)
                : .partial(through: state.root.depth)
        case 1:
            return .unknown
        default:
            let time = freshTime(Self.rival)
            happen(.pullPreempted(Self.rival, time))
            return .preempted(by: time)
        }
    }
}

// MARK: - Call

extension World {
    /// What a call comes to: done, done without an answer, refused, on a branch, or on its way.
    mutating func call(_ block: [[UInt8]], _ choices: inout Choices) -> [Reply] {
        interfere(&choices)
        let live = live
        let lost = block.map { _ in Reply(.unknown) }
        let pick = choices.choose(3 * live.count + 2)
        if pick == 3 * live.count { return block.map { _ in Reply(.noQuorum) } }
        if pick == 3 * live.count + 1 {
            delayed.append(block)
            return lost
        }
        let place = live[pick % live.count]
        switch pick / live.count {
        case 0: return carryOut(block, at: place)
        case 1:
            _ = carryOut(block, at: place)
            return lost
        default:
            hold(block, at: place)
            return lost
        }
    }

    /// What reads come to: the committed state, or no answer.
    mutating func read(_ block: [[UInt8]], _ choices: inout Choices) -> [Reply] {
        interfere(&choices)
        guard choices.choose(2) == 0 else { return block.map { _ in Reply(.noQuorum) } }
        return block.map { entry in
            var result = Writer()
            entry.dropFirst(Entries.headSize).withUnsafeBytes { replica.read($0, result: &result) }
            let reply = Reply.records(result.bytes, count: 1, first: replica.lastIndex).first
            return reply ?? Reply(.rejected)
        }
    }
}
