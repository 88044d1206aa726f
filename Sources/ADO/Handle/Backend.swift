/// Several entries of a log, in its wire form: `{u32 payload size, u32 kind, payload}` each.
public struct EntryBlock: Sendable, Hashable {
    /// The index of the first entry.
    public let first: UInt64

    /// The number of entries.
    public let count: Int

    /// The entries.
    public let bytes: [UInt8]

    /// Makes a block of `count` entries from index `first` on.
    public init(first: UInt64, count: Int, bytes: [UInt8]) {
        self.first = first
        self.count = count
        self.bytes = bytes
    }
}

/// What a successful pull brings.
public struct Pulled<Object: AtomicObject>: Sendable {
    /// The ballot that owns the object now.
    public let ballot: Ballot

    /// The object as committed.
    public let committed: ObjectReplica<Object>

    /// Adopted entries that are not committed, in the order of the log, right after `committed`.
    public let inherited: [EntryBlock]

    /// The index before that of the first entry to be pushed.
    ///
    /// It is the last one of `inherited`, or of `committed`, unless the backend itself puts entries
    /// before those it is given, such as the one that creates an object.
    public let tip: UInt64

    /// Makes the outcome of a pull.
    public init(
        ballot: Ballot, committed: ObjectReplica<Object>, inherited: [EntryBlock] = [],
        tip: UInt64? = nil
    ) {
        let last = inherited.last.map { $0.first + UInt64($0.count) - 1 }
        self.ballot = ballot
        self.committed = committed
        self.inherited = inherited
        self.tip = tip ?? last ?? committed.lastIndex
    }
}

/// How a call is carried out.
public enum CallKind: UInt32, Sendable, Hashable {
    /// As an entry of the log.
    case entry = 1
    /// As a linearizable read, without the log.
    case read = 2
}

/// A protocol that replicates logs: what stands behind a handle.
///
/// Every function returns within about the timeout it is given, whatever fails, and says honestly
/// what it knows. A handle starts no second pull or push before the first has returned.
public protocol Backend: Sendable {
    /// Where handles on this backend live; the real world, unless it says otherwise.
    var surroundings: any Surroundings { get }

    /// Whether calls record where they come from: see ``Origin``. A backend that does not say so
    /// does not.
    var recordsOrigins: Bool { get }

    /// Where external events are written down; none, unless it says otherwise.
    var journal: (any EventJournal)? { get }

    /// Tries to own the object, and adopts its log.
    func pull<Object: AtomicObject>(
        _ object: ObjectName, as type: Object.Type, timeout: Duration
    ) async throws(PullFailure) -> Pulled<Object>

    /// Appends `count` entries to the log adopted with `ballot` and commits it; with none, what is
    /// pending.
    ///
    /// The entries are `{u32 payload size, u32 kind, payload}` each. If `ballot` is not the one
    /// that this backend owns the object with now, the report is `stale`: another handle pulled.
    /// While it owns the object, nothing but these entries may be appended under `ballot`, or the
    /// speculative results that the handle has given out would be wrong. Reports other than
    /// `committed`, `partial`, `preempted` and `unknown` mean that none of the entries was sent.
    func push(
        _ object: ObjectName, ballot: Ballot, entries: [UInt8], count: Int, timeout: Duration
    ) async -> PushReport

    /// Has `count` entries, or reads, carried out by whoever owns the object.
    ///
    /// - Returns: One answer for each, in order.
    func call(
        _ object: ObjectName, kind: CallKind, entries: [UInt8], count: Int, timeout: Duration
    ) async -> [Reply]

    /// Reads what is committed from `index` on, without pulling; where that is nothing yet, it may
    /// wait for news, at most for `timeout`.
    func committed(
        _ object: ObjectName, from index: UInt64, timeout: Duration
    ) async -> CommittedPart

    /// Gives up the object, if this backend owns it with `ballot`.
    func release(_ object: ObjectName, ballot: Ballot)
}

extension Backend {
    /// The real world.
    public var surroundings: any Surroundings { RealSurroundings() }

    /// No.
    public var recordsOrigins: Bool { false }

    /// None.
    public var journal: (any EventJournal)? { nil }
}
