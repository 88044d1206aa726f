public import ADO

/// What the log of an object did to it: the methods that took effect, in order.
///
/// A log is the trace of its object, but for what is in it for other reasons: barriers, sessions, a
/// request that was repeated, or that came after it was settled. None of them changed anything, so
/// none explains anything. A removal begins the object anew.
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
        /// Its request was done by the entry at this index; this one repeated it.
        case repeats(UInt64)
        /// Its request had been settled as not done, or the object was removed.
        case refused(UInt64)
    }

    /// The methods that took effect, since the object last began.
    public private(set) var entries: [Entry] = []

    /// The first entry of each ballot, in order: where the object had another owner.
    public private(set) var owners: [(index: UInt64, ballot: Ballot)] = []

    /// Where the history starts: 1, unless earlier entries were given up.
    public private(set) var start: UInt64

    /// The state that the history starts from; nil if that is in a snapshot and not known.
    public private(set) var base: Object?

    private var next: UInt64
    private var done: [Request: UInt64] = [:]
    private var settled: Set<Request> = []
    private var isRemoved = false
    private var lastRemoval: UInt64 = 0
    private var last: Failure?

    /// Makes the history of a log that is read from an index on.
    public init(from start: UInt64 = 1) {
        self.start = start
        next = start
        if start == 1 { base = Object() }
    }

    /// Starts from a snapshot, the state right after an entry, instead of what is not known.
    ///
    /// The entry must be one of the history, or the last before it.
    public mutating func begin(with state: Object, after index: UInt64) {
        precondition(index + 1 >= start && index < next, "the snapshot is of another part")
        start = index + 1
        // A removal since has begun the object anew, and the entries with it.
        base = lastRemoval > index ? Object() : state
        entries.removeAll { $0.index <= index }
    }

    /// Takes the next entry of the log.
    public mutating func append(_ change: Change<Object>) {
        next = change.index + 1
        if owners.last?.ballot != change.ballot { owners.append((change.index, change.ballot)) }
        last = .noMethod(change.index)
        switch change.content {
        case .method(let method, let request): append(method, request, change)
        case .settled(let request): settled.insert(request)
        case .removed:
            entries = []
            isRemoved = true
            lastRemoval = change.index
        case .revived: isRemoved = false
        case .opened, .barrier, .created, .configuration, .unreadable: break
        }
    }

    private mutating func append(
        _ method: Object.Method, _ request: Request, _ change: Change<Object>
    ) {
        let index = change.index
        if let first = done[request] {
            last = .repeats(first)
        } else if isRemoved || settled.contains(request) {
            last = .refused(index)
        } else {
            done[request] = index
            entries.append(
                Entry(
                    index: index, method: method, request: request, ballot: change.ballot,
                    origin: change.origin))
            last = nil
        }
    }

    /// The trace behind the reply of the last entry that was taken.
    public func traceOfLast() throws(Failure) -> Trace<ObjectMachine<Object>> {
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
