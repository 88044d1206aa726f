internal import Synchronization

/// A backend in memory, for tests of objects and of the code that uses them.
///
///     let backend = LocalBackend()
///     let counter = Handle(Counter.self, named: "hits", on: backend)
///     backend.failNextPush(.answerLost)
///
/// It keeps one log per object, whose entries are committed as soon as they are pushed. Failures
/// are planned, one for each coming operation, and leave the log as that failure would: a stranded
/// branch is adopted by the next pull, a lost answer belongs to entries that are committed. Several
/// handles compete as they would in a cluster. A call is carried out by an owner of its own, which
/// preempts whoever owns the object.
public final class LocalBackend: Backend {
    fileprivate struct State {
        var logs: [ObjectName: LocalLog] = [:]
        var types: [String: any AnyReplica] = [:]
        var round: UInt64 = 0
        var pulls: [LocalFault.Pull] = []
        var pushes: [LocalFault.Push] = []
        var calls: [LocalFault.Call] = []
        var isUnavailable = false
        var delayed: [(object: ObjectName, entries: [UInt8], count: Int)] = []
    }

    private let state = Mutex(State())

    /// Whether calls record where they come from.
    public let recordsOrigins: Bool

    /// Where external events are written down, if anywhere.
    public let journal: (any EventJournal)?

    /// Makes a backend without objects.
    public init(recordsOrigins: Bool = true, journal: (any EventJournal)? = nil) {
        self.recordsOrigins = recordsOrigins
        self.journal = journal
        host(Inventory.self)
    }

    /// Makes a type known, so that calls reach objects of it.
    ///
    /// A pull makes its type known too.
    public func host<Object: AtomicObject>(_ type: Object.Type) {
        state.withLock { $0.types[Object.typeName] = ObjectReplica<Object>() }
    }

    /// Plans what the next pull without a plan comes to.
    public func failNextPull(_ fault: LocalFault.Pull) {
        state.withLock { $0.pulls.append(fault) }
    }

    /// Plans what the next push without a plan comes to.
    public func failNextPush(_ fault: LocalFault.Push) {
        state.withLock { $0.pushes.append(fault) }
    }

    /// Plans what the next call without a plan comes to.
    public func failNextCall(_ fault: LocalFault.Call) {
        state.withLock { $0.calls.append(fault) }
    }

    /// Gives up the committed entries of an object through `index`, as far as pushes end there.
    public func trim<Object: AtomicObject>(
        _ type: Object.Type, named name: String, through index: UInt64
    ) {
        let object = ObjectName(type: Object.typeName, name: name)
        state.withLock { $0.logs[object]?.trim(through: index) }
    }

    /// Says whether logs can be read.
    public func setUnavailable(_ isUnavailable: Bool) {
        state.withLock { $0.isUnavailable = isUnavailable }
    }

    /// Carries out the calls that were delayed, in their order.
    public func deliverDelayed() {
        state.withLock { state in
            for call in state.delayed {
                _ = state.carryOut(call.object, call.entries, count: call.count)
            }
            state.delayed = []
        }
    }

    /// What is committed of an object; nil if there is no such object.
    public func committed<Object: AtomicObject>(
        _ type: Object.Type, named name: String
    ) -> ObjectReplica<Object>? {
        state.withLock { state in
            let object = ObjectName(type: Object.typeName, name: name)
            return state.logs[object]?.replica as? ObjectReplica<Object>
        }
    }

    private static func hang() async {
        try? await Task.sleep(for: .seconds(60))
    }
}

// MARK: - Backend

extension LocalBackend {
    /// Makes the caller the owner, and returns its log, with what is stranded on it.
    public func pull<Object: AtomicObject>(
        _ object: ObjectName, as type: Object.Type, timeout: Duration
    ) async throws(PullFailure) -> Pulled<Object> {
        host(type)
        let fault = state.withLock { $0.pulls.isEmpty ? nil : $0.pulls.removeFirst() }
        if fault == .hangs { await Self.hang() }
        if case .fails(let failure) = fault { throw failure }
        return try state.withLock { state throws(PullFailure) in
            let ballot = state.takeOver(object, node: 2)
            guard let log = state.logs[object],
                let committed = log.replica as? ObjectReplica<Object>
            else { throw .unreadable }
            return Pulled(ballot: ballot, committed: committed, inherited: log.inherited)
        }
    }

    /// Commits entries, if `ballot` owns the object.
    public func push(
        _ object: ObjectName, ballot: Ballot, entries: [UInt8], count: Int, timeout: Duration
    ) async -> PushReport {
        let fault = state.withLock { $0.pushes.isEmpty ? nil : $0.pushes.removeFirst() }
        if fault == .hangs { await Self.hang() }
        return state.withLock { $0.push(object, ballot, entries, count, fault) }
    }

    /// Carries out entries or reads, after taking the object over.
    public func call(
        _ object: ObjectName, kind: CallKind, entries: [UInt8], count: Int, timeout: Duration
    ) async -> [Reply] {
        let fault = state.withLock { $0.calls.isEmpty ? nil : $0.calls.removeFirst() }
        if fault == .hangs { await Self.hang() }
        return state.withLock { state in
            switch fault {
            case .fails(let outcome):
                return Array(repeating: Reply(outcome), count: count)
            case .delayed:
                state.delayed.append((object, entries, count))
                return Array(repeating: Reply(.unknown), count: count)
            case .answerLost:
                _ = state.carryOut(object, entries, count: count)
                return Array(repeating: Reply(.unknown), count: count)
            case .hangs, nil:
                guard kind == .read else {
                    return state.carryOut(object, entries, count: count)
                }
                return state.read(object, entries, count: count)
            }
        }
    }

    /// Reads what is committed; it does not wait for news.
    public func committed(
        _ object: ObjectName, from index: UInt64, timeout: Duration
    ) async -> CommittedPart {
        state.withLock { state in
            guard !state.isUnavailable else { return .unavailable }
            return state.logs[object]?.part(from: index) ?? .blocks([])
        }
    }

    /// Does nothing: an owner that is gone is taken over by the next.
    public func release(_ object: ObjectName, ballot: Ballot) {}
}

fileprivate extension LocalBackend.State {
    mutating func takeOver(_ object: ObjectName, node: UInt64) -> Ballot {
        round += 1
        let ballot = Ballot(round: round, node: node)
        if logs[object] == nil {
            guard let replica = types[object.type] else { return ballot }
            logs[object] = LocalLog(replica: replica)
        }
        logs[object]?.takeOver(ballot)
        return ballot
    }

    mutating func push(
        _ object: ObjectName, _ ballot: Ballot, _ entries: [UInt8], _ count: Int,
        _ fault: LocalFault.Push?
    ) -> PushReport {
        guard var log = logs[object] else { return .stale }
        guard log.owner == ballot else { return .preempted(by: log.owner) }
        if case .refused(let report) = fault { return report }
        defer { logs[object] = log }
        log.append(entries, count: count)
        switch fault {
        case .lost:
            return .unknown
        case .stranded:
            log.strand()
            return .unknown
        case .partial(let count):
            log.strand()
            _ = log.commit(count: count)
            return .partial(through: log.replica.lastIndex)
        case .preempted(let isStranded):
            if isStranded { log.strand() }
            round += 1
            log.takeOver(Ballot(round: round, node: 3))
            return .preempted(by: log.owner)
        case .answerLost:
            _ = log.commit()
            return .unknown
        case .refused, .hangs, nil:
            guard log.commit() != nil else { return .unknown }
            return .committed(through: log.replica.lastIndex)
        }
    }

    mutating func carryOut(_ object: ObjectName, _ entries: [UInt8], count: Int) -> [Reply] {
        guard types[object.type] != nil else {
            return Array(repeating: Reply(.unhosted), count: count)
        }
        _ = takeOver(object, node: 1)
        guard var log = logs[object] else { return [] }
        defer { logs[object] = log }
        let inherited = log.pendingCount
        log.append(entries, count: count)
        let first = log.replica.lastIndex + 1
        let records = Reply.records(
            log.commit() ?? [], count: inherited + count, first: first)
        return Array(records.dropFirst(inherited))
    }

    mutating func read(_ object: ObjectName, _ entries: [UInt8], count: Int) -> [Reply] {
        guard let replica = logs[object]?.replica ?? types[object.type] else {
            return Array(repeating: Reply(.unhosted), count: count)
        }
        var results = Writer()
        let isRead: Void? = try? Reader.read(entries) { reader throws(DecodingFailure) in
            for _ in 0..<count {
                let size = try reader.u32()
                _ = try reader.u32()
                replica.read(try reader.raw(Int(size)), result: &results)
            }
        }
        guard isRead != nil else { return Array(repeating: Reply(.rejected), count: count) }
        let records = Reply.records(results.bytes, count: count, first: replica.lastIndex)
        return records.map { Reply($0.outcome, index: replica.lastIndex, payload: $0.payload) }
    }
}
