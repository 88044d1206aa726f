/// How much of a run's history the clients keep, so that a long run needs bounded memory.
///
/// A run that has more is not judged by its history: the verdict on it is `incomplete`.
struct HistoryBound: Sendable {
    /// Half a gibibyte of times.
    static let writesMax: UInt64 = 32 << 20
    /// Half a gibibyte of reads.
    static let readsMax: UInt64 = 16 << 20

    static let unbounded = HistoryBound(writes: .max, reads: .max)

    /// Writes of a client whose times are kept.
    var writes: UInt64
    /// Reads of a client that are kept.
    var reads: UInt64

    init(writes: UInt64, reads: UInt64) {
        self.writes = writes
        self.reads = reads
    }

    /// The share of each of so many clients.
    init(clients: Int) {
        self.init(
            writes: Self.writesMax / UInt64(clients), reads: Self.readsMax / UInt64(clients))
    }
}
