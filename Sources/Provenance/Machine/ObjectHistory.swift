public import ADO

/// What the log of an object did to it: the methods that took effect, in order.
///
/// A log is the trace of its object, but for what is in it for other reasons: barriers, sessions, a
/// request that was repeated, or that was refused. None of them changed anything, so none explains
/// anything. Which those are is not guessed: the log is applied as a replica applies it. Only of a
/// part of a log, whose beginning is not known, it is taken from that part alone. A removal begins
/// the object anew.
public struct ObjectHistory<Object: AtomicObject>: Sendable {
    /// A method that took effect.
    public struct Entry: Sendable {
        /// Its place in the log.
        public let index: UInt64
        /// The method.
        public let method: Object.Method
        /// Which request of which client it was.
        public let request: Request
        /// The ballot of whoever owned the object then.
        public let ballot: Ballot
        /// Where the call came from, if that was recorded.
        public let origin: Origin?
    }

    /// Why an entry cannot be explained.
    public enum Failure: Error, Sendable, Hashable {
        /// The log ends before it, or has given up what was there.
        case missing(UInt64)
        /// It holds no method: a barrier, a session, a configuration.
        case noMethod(UInt64)
        /// Its request was done by the entry at this index, which this one repeated; nil if that is
        /// before the history.
        case repeats(UInt64?)
        /// It changed nothing: its request had been settled or given up, its session was gone, or
        /// the object was removed.
        case refused(UInt64)
        /// It, or one before, calls what this version of the type lacks.
        case unreadable(UInt64)
    }

    /// What an entry came to.
    private enum Effect {
        case took
        case repeated
        case refused
        /// Nobody can say without a version that has what it calls.
        case unreadable
    }

    /// The methods that took effect, since the object last began.
    public private(set) var entries: [Entry] = []

    /// The first entry of each ballot, in order: where the object had another owner.
    public private(set) var owners: [(index: UInt64, ballot: Ballot)] = []

    /// Where the history starts: 1, unless earlier entries were given up.
    public let start: UInt64

    /// The last entry that was taken, or the one before the first.
    public var end: UInt64 { next - 1 }

    /// The state that the history starts from; nil if that is in a snapshot and not known.
    public private(set) var base: Object?

    /// Whether the object was removed since: nothing depends on what was before ``start`` then.
    public private(set) var beganAnew = false

    /// The first entry that this version of the type cannot read; what came after is not known.
    public private(set) var unreadable: UInt64?

    /// What applies the entries; nil if what was before them is not known.
    private var replica: ObjectReplica<Object>?
    private var part = PartOfLog()
    private var next: UInt64
    private var done: [Request: UInt64] = [:]
    private var last: Failure?

    /// Makes the history of a log that is read from an index on, and whose beginning is not known
    /// unless that is 1.
    public init(from start: UInt64 = 1) {
        self.start = start
        next = start
        guard start == 1 else { return }
        base = Object()
        replica = ObjectReplica()
    }

    /// Makes the history that goes on from a snapshot.
    public init(after snapshot: ObjectReplica<Object>) {
        start = snapshot.lastIndex + 1
        next = start
        base = snapshot.object
        replica = snapshot
    }

    /// Takes the next entry of the log.
    public mutating func append(_ change: Change<Object>) {
        precondition(change.index == next, "entries are taken in the order of the log")
        next += 1
        if owners.last?.ballot != change.ballot { owners.append((change.index, change.ballot)) }
        let effect = replica == nil ? part.effect(of: change) : applied(change)
        if effect == .unreadable, unreadable == nil { unreadable = change.index }
        last = .noMethod(change.index)
        switch change.content {
        case .method(let method, let request): append(method, request, change, effect)
        case .removed where effect == .took:
            entries = []
            base = Object()
            beganAnew = true
        default: break
        }
    }

    /// Applies an entry as a replica does.
    private mutating func applied(_ change: Change<Object>) -> Effect {
        let isRepeated = change.content.request.map { replica?.sessions.isStored($0) ?? false }
        var results = Writer()
        change.entry.withUnsafeBytes {
            replica?.apply(block: $0, count: 1, first: change.index, results: &results)
        }
        guard replica?.quarantine == nil else { return .unreadable }
        switch Reply.records(results.bytes, count: 1, first: change.index).first?.outcome {
        case .ok, .thrown: return isRepeated == true ? .repeated : .took
        default: return .refused
        }
    }

    private mutating func append(
        _ method: Object.Method, _ request: Request, _ change: Change<Object>, _ effect: Effect
    ) {
        let index = change.index
        switch effect {
        case .repeated: last = .repeats(done[request])
        case .refused: last = .refused(index)
        case .unreadable: last = .unreadable(index)
        case .took:
            done[request] = index
            entries.append(
                Entry(
                    index: index, method: method, request: request, ballot: change.ballot,
                    origin: change.origin))
            last = nil
        }
    }

    /// What a part of a log shows by itself of requests and removals.
    private struct PartOfLog {
        private var done: Set<Request> = []
        private var settled: Set<Request> = []
        private var isRemoved = false

        mutating func effect(of change: Change<Object>) -> Effect {
            guard let request = change.content.request else {
                if case .unreadable = change.content { return .unreadable }
                return .took
            }
            guard !done.contains(request) else { return .repeated }
            guard !settled.contains(request) else { return .refused }
            switch change.content {
            case .method where isRemoved: return .refused
            case .settled: settled.insert(request)
            case .removed: isRemoved = true
            case .revived: isRemoved = false
            default: break
            }
            if !settled.contains(request) { done.insert(request) }
            return .took
        }
    }
}

// MARK: - Questions

extension ObjectHistory {
    /// The trace behind the reply of the last entry that was taken.
    public func traceOfLast() throws(Failure) -> Trace<ObjectMachine<Object>> {
        if let unreadable { throw .unreadable(unreadable) }
        if let last { throw last }
        guard let question = entries.last else { throw .missing(next) }
        return trace(before: entries.count - 1, asking: question.method)
    }

    /// The trace behind the reply of the entry at an index.
    public func trace(of index: UInt64) throws(Failure) -> Trace<ObjectMachine<Object>> {
        guard let place = entries.firstIndex(where: { $0.index == index }) else {
            throw .missing(index)
        }
        return trace(before: place, asking: entries[place].method)
    }

    /// The trace behind what `method`, which only reads, would be told right after an entry.
    public func trace(
        asking method: Object.Method, after index: UInt64
    ) -> Trace<ObjectMachine<Object>> {
        trace(before: entries.prefix { $0.index <= index }.count, asking: method)
    }

    /// The trace behind what `method`, which only reads, would be told now.
    public func trace(asking method: Object.Method) -> Trace<ObjectMachine<Object>> {
        trace(before: entries.count, asking: method)
    }

    /// The state right after an entry; without what was before ``start``.
    public func state(through index: UInt64) -> Object {
        var machine = ObjectMachine(base ?? Object())
        for entry in entries.prefix(while: { $0.index <= index }) { _ = machine.step(entry.method) }
        return machine.object
    }

    private func trace(
        before count: Int, asking method: Object.Method
    ) -> Trace<ObjectMachine<Object>> {
        Trace(
            start: ObjectMachine(base ?? Object()), inputs: entries.prefix(count).map(\.method),
            question: method)
    }
}

extension Change.Content {
    /// The request that asks for a change, if it is one.
    fileprivate var request: Request? {
        switch self {
        case .method(_, let request), .settled(let request), .removed(let request),
            .revived(let request):
            request
        case .opened, .barrier, .created, .configuration, .unreadable: nil
        }
    }
}
