public import ADO

/// Calls on their way into one submission of a ``Pipeline``.
@frozen
public struct CallBlock<Object: AtomicObject>: Sendable {
    @usableFromInline var writer = Writer()
    @usableFromInline let session: UInt64
    @usableFromInline var first: UInt64 = 0
    @usableFromInline var lowest: UInt64 = 0
    @usableFromInline var countMax = 0
    /// What each call records of where it comes from; empty for nothing.
    @usableFromInline var origin: [UInt8] = []

    /// The number of calls in the block.
    @inlinable public var count: Int { _count }

    @usableFromInline var _count = 0

    @usableFromInline
    init(session: UInt64) {
        self.session = session
    }

    /// How many more calls the window of the pipeline has room for.
    @inlinable public var room: Int { countMax - count }

    /// Appends a call and returns the number of its request.
    ///
    /// - Returns: `nil` if the block is full; nothing was appended then.
    @inlinable
    @discardableResult
    public mutating func append(_ method: Object.Method) -> UInt64? {
        guard count < countMax else { return nil }
        let start = writer.count
        let request = first &+ UInt64(truncatingIfNeeded: count)
        let header = CallHeader(
            session: session, request: request, lowest: lowest, operation: .method)
        writer.methodEntry(header, method, origin: origin)
        guard writer.count <= BlockLimits.bytes else {
            writer.truncate(to: start)
            return nil
        }
        _count &+= 1
        return request
    }

    @usableFromInline
    mutating func begin(first: UInt64, lowest: UInt64, countMax: Int) {
        writer.removeAll(keepingCapacity: true)
        _count = 0
        self.first = first
        self.lowest = lowest
        self.countMax = min(countMax, BlockLimits.count)
    }
}

/// Reads on their way into one submission of a ``Pipeline``.
@frozen
public struct ReadBlock<Object: AtomicObject>: Sendable {
    @usableFromInline var writer = Writer()
    @usableFromInline var first: UInt64 = 0

    /// The number of reads in the block.
    @inlinable public var count: Int { _count }

    @usableFromInline var _count = 0

    @usableFromInline
    init() {}

    /// Appends a read and returns its number.
    ///
    /// - Returns: `nil` if the block is full; nothing was appended then.
    @inlinable
    @discardableResult
    public mutating func append(_ method: Object.Method) -> UInt64? {
        guard count < BlockLimits.count else { return nil }
        let start = writer.count
        writer.entry(.read) { method.write(to: &$0) }
        guard writer.count <= BlockLimits.bytes else {
            writer.truncate(to: start)
            return nil
        }
        let number = first &+ UInt64(truncatingIfNeeded: count)
        _count &+= 1
        return number
    }

    @usableFromInline
    mutating func begin(first: UInt64) {
        writer.removeAll(keepingCapacity: true)
        _count = 0
        self.first = first
    }
}

/// What one submission may hold, so that it fits into one message and one batch.
@usableFromInline
enum BlockLimits {
    @usableFromInline static let bytes = 1024 * 1024 - 4096
    @usableFromInline static let count = 16384
}
