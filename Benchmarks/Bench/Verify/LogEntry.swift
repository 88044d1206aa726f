/// One entry of a committed log, as the audit sees it.
///
/// Decoded here and not by the code under test, so that a mistake there is not repeated.
struct LogEntry {
    enum Body {
        /// An operation that a session asked for.
        case call(session: UInt64, request: UInt64, operation: Operation, UnsafeRawBufferPointer)
        /// Nothing; it makes an inherited branch committable.
        case barrier
        /// The object's type and name.
        case create
        /// Nothing that the audit knows.
        case foreign
    }

    enum Operation: UInt8 {
        case method = 1
        case openSession
        case settle
    }

    let index: UInt64
    let body: Body
}

/// The entries of one committed batch, decoded one at a time from bytes that are lent.
struct LogEntries: Sequence, IteratorProtocol {
    private static let headerBytes = 8
    private static let callBytes = 25

    private let block: UnsafeRawBufferPointer
    private var offset = 0
    private var index: UInt64

    /// Whether the bytes ended in the middle of an entry.
    private(set) var isMalformed = false

    init(first: UInt64, block: UnsafeRawBufferPointer) {
        self.block = block
        index = first
    }

    mutating func next() -> LogEntry? {
        guard offset < block.count else { return nil }
        guard block.count - offset >= Self.headerBytes else { return fail() }
        let size = Int(block.load32(offset))
        let kind = block.load32(offset + 4)
        let start = offset + Self.headerBytes
        guard size <= block.count - start else { return fail() }
        let payload = UnsafeRawBufferPointer(rebasing: block[start..<start + size])
        defer {
            offset = start + size
            index += 1
        }
        return LogEntry(index: index, body: Self.body(kind: kind, payload))
    }

    private mutating func fail() -> LogEntry? {
        isMalformed = true
        offset = block.count
        return nil
    }

    private static func body(kind: UInt32, _ payload: UnsafeRawBufferPointer) -> LogEntry.Body {
        switch kind {
        case 1:
            guard payload.count >= callBytes,
                let operation = LogEntry.Operation(rawValue: payload[24] & 0x7f),
                let arguments = arguments(payload)
            else { return .foreign }
            return .call(
                session: payload.load64(0), request: payload.load64(8), operation: operation,
                arguments)
        case 2: return .barrier
        case 3: return .create
        default: return .foreign
        }
    }
}

extension LogEntries {
    /// What follows the head of a call, and the origin, which says its size in a byte.
    private static func arguments(_ call: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let rest = call[callBytes...]
        guard call[24] & 0x80 != 0 else { return UnsafeRawBufferPointer(rebasing: rest) }
        guard let size = rest.first.map(Int.init), size < rest.count else { return nil }
        return UnsafeRawBufferPointer(rebasing: rest.dropFirst(1 + size))
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func load32(_ offset: Int) -> UInt32 {
        UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    fileprivate func load64(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
