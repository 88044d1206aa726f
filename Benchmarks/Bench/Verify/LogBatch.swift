import ADO
import ADOSpec

/// A batch of a committed log, by its name.
struct LogBatch: Sendable, Equatable {
    var first: UInt64
    var last: UInt64
    var ballot: Ballot
    var checksum: UInt64

    /// The batch as the point of the log that ends with it.
    var point: LogPoint { LogPoint(index: last, ballot: ballot, checksum: checksum) }
}
