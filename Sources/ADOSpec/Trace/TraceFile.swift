/// A trace file, decoded: what each life of a node did, and whether anything is missing.
///
/// The format is in `docs/internals/trace.md`. Every sequence of bytes has a meaning: what is not a
/// whole record ends the life that it is in.
public struct TraceFile: Sendable {
    private let bytes: [UInt8]

    /// One life for each process that appended to the file, in order.
    public let lives: [TraceLife]

    /// Whether there is something before the first life, which is no trace then.
    public let startsForeign: Bool

    /// Reads the bytes of a file.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var scan = TraceScan()
        bytes.withUnsafeBytes { scan.run($0) }
        lives = scan.lives
        startsForeign = scan.startsForeign
    }

    /// The records of a life in order, first that the node started.
    public func records(of life: TraceLife) -> Records {
        Records(bytes: bytes, life: life, offset: life.offset)
    }

    /// Records, decoded one at a time.
    public struct Records: Sequence, IteratorProtocol, Sendable {
        fileprivate let bytes: [UInt8]
        fileprivate let life: TraceLife
        fileprivate var offset: Int

        /// The next record; `nil` at the end of the life.
        public mutating func next() -> TimedRecord? {
            guard offset < life.endOffset else { return nil }
            defer { offset += TraceLayout.size }
            if offset == life.offset { return life.startRecord }
            return bytes.withUnsafeBytes { TraceLayout.transition(in: $0, at: offset) }
        }
    }
}

/// The part of a trace file that one process wrote.
public struct TraceLife: Hashable, Sendable {
    /// How it ends.
    public enum Ending: Hashable, Sendable {
        /// The process stopped cleanly, and its last record is here.
        case clean
        /// The process was killed, or still runs: its last records may be missing.
        case cut
        /// The tracing stopped before the process did, because the file was as large as it may be.
        case limit
        /// The tracing stopped before the process did, because a write failed.
        case writeFailed
        /// At this offset there is something that is no record: the rest is missing.
        case damaged(at: Int)
    }

    /// The node's id.
    public let node: UInt64

    /// The incarnation of its directory; a random number for a client.
    public let incarnation: UInt64

    /// The name of its cluster.
    public let cluster: String

    /// When the process started, in nanoseconds of the machine's monotonic clock.
    public let start: UInt64

    /// How it ends.
    public internal(set) var ending: Ending

    /// When the last record was made.
    public internal(set) var last: UInt64

    let offset: Int
    var endOffset: Int

    var startRecord: TimedRecord {
        TimedRecord(
            nanoseconds: start, record: TraceRecord(.started, time: start / 1000, node: node))
    }
}

/// A record with the precise time that orders it among those of other nodes.
public struct TimedRecord: Hashable, Sendable {
    /// Nanoseconds of the machine's monotonic clock.
    public var nanoseconds: UInt64

    /// The record.
    public var record: TraceRecord

    /// Makes a record with its time.
    public init(nanoseconds: UInt64, record: TraceRecord) {
        self.nanoseconds = nanoseconds
        self.record = record
    }
}
