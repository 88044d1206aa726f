/// What an entry of a log is.
public enum EntryKind: UInt32, Sendable, Hashable {
    /// A linearizable read: only the method's bytes; never in a log.
    case read = 0
    /// A call: a ``CallHeader`` and the method's bytes.
    case call = 1
    /// Nothing: it makes an inherited branch committable.
    case barrier = 2
    /// The first entry of a log: the type's name, a zero byte, the object's name.
    case create = 3
    /// The voters from here on; nothing to the object.
    case configuration = 4
}

/// What a call does.
@frozen
public enum CallOperation: UInt8, Sendable, Hashable {
    /// Runs the method that follows.
    case method = 1
    /// Opens the session and declares its methods. Opening it twice is opening it once.
    case open = 2
    /// Settles the request: answers its result, or sees to it that it is never done.
    case settle = 3
    /// Begins the object anew, if it was removed.
    case create = 4
    /// Ends the object: calls are refused until it is created anew.
    case remove = 5
}

/// The head of a call's payload.
@frozen
public struct CallHeader: Sendable, Hashable {
    /// The session.
    public var session: UInt64
    /// The number of the request, from 1; 0 if the operation is `open`.
    public var request: UInt64
    /// The lowest request whose result the client may still ask for.
    public var lowest: UInt64
    /// What to do.
    public var operation: CallOperation
    /// Whether an ``Origin`` follows, before what the operation needs.
    public var hasOrigin: Bool

    /// Bytes of an encoded header.
    public static let size = 25

    /// Set in the byte of the operation if an origin follows.
    @usableFromInline static let originBit: UInt8 = 0x80

    /// Makes the head of a call.
    @inlinable
    public init(
        session: UInt64, request: UInt64, lowest: UInt64, operation: CallOperation,
        hasOrigin: Bool = false
    ) {
        self.session = session
        self.request = request
        self.lowest = lowest
        self.operation = operation
        self.hasOrigin = hasOrigin
    }
}

extension CallHeader: BinaryCodable {
    /// Appends 25 bytes.
    @inlinable
    public func write(to writer: inout Writer) {
        writer.u64(session)
        writer.u64(request)
        writer.u64(lowest)
        writer.u8(operation.rawValue | (hasOrigin ? Self.originBit : 0))
    }

    /// Reads 25 bytes.
    @inlinable
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> CallHeader {
        let session = try reader.u64()
        let request = try reader.u64()
        let lowest = try reader.u64()
        let tag = try reader.u8()
        guard let operation = CallOperation(rawValue: tag & ~originBit) else { throw .malformed }
        return CallHeader(
            session: session, request: request, lowest: lowest, operation: operation,
            hasOrigin: tag & originBit != 0)
    }

    /// Reads a header, and skips the origin that follows it, if there is one.
    @inlinable
    public static func readSkippingOrigin(
        _ reader: inout Reader
    ) throws(DecodingFailure) -> CallHeader {
        let header = try read(from: &reader)
        if header.hasOrigin { try Origin.skip(&reader) }
        return header
    }
}

extension Writer {
    /// Appends one entry of a block; `payload` writes what follows its head.
    @inlinable
    public mutating func entry(_ kind: EntryKind, payload: (inout Writer) -> Void = { _ in }) {
        let start = count
        u32(0)
        u32(kind.rawValue)
        payload(&self)
        patchU32(UInt32(count - start - Entries.headSize), at: start)
    }

    /// Appends an entry that runs a method; `origin` is a field of one, or empty.
    @inlinable
    public mutating func methodEntry(
        _ header: CallHeader, _ method: some ObjectMethod, origin: [UInt8] = []
    ) {
        entry(.call) { writer in
            writer.head(header, origin: origin)
            method.write(to: &writer)
        }
    }

    /// Appends the head of a call, and the field of an origin unless it is empty.
    @inlinable
    mutating func head(_ header: CallHeader, origin: [UInt8]) {
        var header = header
        header.hasOrigin = !origin.isEmpty
        header.write(to: &self)
        raw(origin)
    }

    /// Appends an entry that opens `session` and declares no method.
    @inlinable
    public mutating func openEntry(session: UInt64) {
        openEntry(session: session, signatures: [])
    }

    /// Appends an entry that opens `session` and declares the methods that its calls will run.
    @inlinable
    public mutating func openEntry<Object: AtomicObject>(session: UInt64, for type: Object.Type) {
        openEntry(session: session, signatures: Object.Method.signatures)
    }

    @inlinable
    mutating func openEntry(session: UInt64, signatures: [MethodSignature]) {
        let header = CallHeader(session: session, request: 0, lowest: 0, operation: .open)
        entry(.call) { writer in
            header.write(to: &writer)
            guard !signatures.isEmpty else { return }
            writer.varint(UInt64(signatures.count))
            for signature in signatures { writer.string(signature.text) }
        }
    }
}

/// Sizes of blocks of entries.
public enum Entries {
    /// Bytes before an entry's payload.
    public static let headSize = 8

    /// Bytes that one entry's payload may take.
    public static let payloadMax = 1024 * 1024 - 4096
}
