/// An object as its log makes it: the value, and the sessions of its clients.
///
/// Replicas that applied the same log are equal, however it was cut into blocks: same state, same
/// sessions, same results.
@frozen
public struct ObjectReplica<Object: AtomicObject>: Sendable {
    /// The value.
    public internal(set) var object: Object

    /// The index of the last entry applied.
    public internal(set) var lastIndex: UInt64

    /// Makes the replica of an empty log.
    public init() {
        object = Object()
        lastIndex = 0
    }

    /// Applies `count` entries in order, the first of them at index `first`, and appends one result
    /// record, `{u32 size, u32 outcome, payload}`, for each.
    public mutating func apply(
        block: UnsafeRawBufferPointer, count: Int, first: UInt64, results: inout Writer
    ) {
        lastIndex = first + UInt64(count) - 1
    }

    /// Answers a read, whose bytes are those of a method, with one result record.
    public func read(_ bytes: UnsafeRawBufferPointer, result: inout Writer) {
    }
}
