internal import Synchronization

/// Indices that the next entry of a log is to mention: places to free, or places that are filled.
///
/// They go with an entry that is written anyway, so that they cost no round trip of their own. What
/// a client that dies had not told is for a collection to find.
final class Leftovers: Sendable {
    /// What one entry mentions at most.
    static let batchMax = 256

    private let indices = Mutex<[UInt64]>([])

    func add(_ more: [UInt64]) {
        indices.withLock { $0 += more }
    }

    var count: Int { indices.withLock(\.count) }

    /// Takes some out; they must be put back if the entry that mentions them fails.
    func take() -> [UInt64] {
        indices.withLock { indices in
            let batch = Array(indices.prefix(Self.batchMax))
            indices.removeFirst(batch.count)
            return batch
        }
    }
}
