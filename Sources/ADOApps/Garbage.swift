internal import Synchronization

/// Indices of values that nothing leads to any more, until the log has freed them.
///
/// They go with the next append, so that freeing costs no round trip of its own. What a client that
/// dies had not freed is for a collection to find.
final class Garbage: Sendable {
    /// What one append frees at most.
    private static let batchMax = 256

    private let indices = Mutex<[UInt64]>([])

    func add(_ more: [UInt64]) {
        indices.withLock { $0 += more }
    }

    /// Takes some out; they must be put back if the append that frees them fails.
    func take() -> [UInt64] {
        indices.withLock { indices in
            let batch = Array(indices.prefix(Self.batchMax))
            indices.removeFirst(batch.count)
            return batch
        }
    }
}
