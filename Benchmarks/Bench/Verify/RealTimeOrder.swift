/// Whether an order of operations agrees with real time: none may come after one that was called
/// only when it had returned.
///
/// Operations are placed in their order. Of those before it only the one that was called last
/// matters, so each costs one comparison.
struct RealTimeOrder: Sendable {
    /// An operation of a client.
    struct Operation: Sendable, Equatable {
        var client: Int
        /// The number of its request, or of its read.
        var number: UInt64
        var isRead: Bool
        /// Its place in the log; of a read, the last index that it saw.
        var index: UInt64
        var interval: Interval
    }

    private var latest: Operation?

    /// Places an operation after all that were placed before.
    ///
    /// - Returns: one of those, if it was called only after this one had returned.
    mutating func place(_ operation: Operation) -> Operation? {
        guard let before = latest else {
            latest = operation
            return nil
        }
        if operation.interval.called > before.interval.called { latest = operation }
        return operation.interval.precedes(before.interval) ? before : nil
    }
}

extension RealTimeOrder.Operation: CustomStringConvertible {
    var description: String {
        isRead
            ? "read \(number) of client \(client + 1), which saw index \(index),"
            : "request \(number) of client \(client + 1), entry \(index),"
    }
}
