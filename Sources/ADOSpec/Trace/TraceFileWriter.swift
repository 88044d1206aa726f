internal import ADO

/// Makes the bytes of a trace file: what a node writes, for runs that are not of real nodes.
public struct TraceFileWriter: Sendable {
    /// The file so far.
    public private(set) var bytes: [UInt8] = []

    private var sequence: UInt64 = 0

    /// Makes an empty file.
    public init() {}

    /// A process starts.
    public mutating func start(
        node: UInt64, incarnation: UInt64, cluster: String, nanoseconds: UInt64
    ) {
        sequence = 0
        var record = begin(TraceLayout.startKind, nanoseconds)
        record.replaceSubrange(1..<(1 + TraceLayout.magic.count), with: TraceLayout.magic)
        store(node, &record, TraceLayout.atNode)
        store(incarnation, &record, TraceLayout.atIncarnation)
        for (position, byte) in cluster.utf8.prefix(TraceLayout.clusterSize - 1).enumerated() {
            record[TraceLayout.atCluster + position] = byte
        }
        end(record)
    }

    /// A transition of the protocol core.
    public mutating func add(_ timed: TimedRecord) {
        precondition(timed.record.kind.rawValue < 128, "no transition of the core")
        var record = begin(timed.record.kind.rawValue, timed.nanoseconds)
        let point = timed.record.point
        let words = [
            timed.record.node, timed.record.group, timed.record.peer, timed.record.ballot.round,
            timed.record.ballot.node, timed.record.by.round, timed.record.by.node, point.index,
            point.ballot.round, point.ballot.node, point.checksum,
        ]
        for (position, word) in words.enumerated() {
            store(word, &record, TraceLayout.atNode + 8 * position)
        }
        end(record)
    }

    /// The process stopped cleanly.
    public mutating func end(nanoseconds: UInt64) {
        end(begin(TraceLayout.endKind, nanoseconds))
    }

    /// The tracing stopped at the limit.
    public mutating func stop(nanoseconds: UInt64) {
        var record = begin(TraceLayout.stoppedKind, nanoseconds)
        record[1] = 1
        end(record)
    }

    private mutating func begin(_ kind: UInt8, _ nanoseconds: UInt64) -> [UInt8] {
        var record = [UInt8](repeating: 0, count: TraceLayout.size)
        record[0] = kind
        store(sequence, &record, TraceLayout.atSequence)
        store(nanoseconds, &record, TraceLayout.atTime)
        sequence += 1
        return record
    }

    private mutating func end(_ record: [UInt8]) {
        var record = record
        let sum = record.withUnsafeBytes { TraceLayout.checksum($0, at: 0) }
        store(sum, &record, TraceLayout.atChecksum)
        bytes += record
    }

    private func store(_ word: UInt64, _ record: inout [UInt8], _ offset: Int) {
        withUnsafeBytes(of: word.littleEndian) {
            record.replaceSubrange(offset..<(offset + 8), with: $0)
        }
    }
}
