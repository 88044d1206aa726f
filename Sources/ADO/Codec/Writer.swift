/// An append-only buffer that values are encoded into.
///
///     var writer = Writer()
///     writer.string("mode")
///     writer.bytes          // [4, 109, 111, 100, 101]
///
/// Fixed-size integers are little endian. Lengths and counts are varints, so small ones cost a
/// byte. A writer grows as an array does; ``removeAll(keepingCapacity:)`` makes one reusable.
///
/// What a snapshot is written with holds a piece at a time, and hands the others on: then ``bytes``
/// and ``withUnsafeBytes(_:)`` are not to be had, because nobody has all bytes in memory.
@frozen
public struct Writer: Sendable {
    /// What was written so far.
    @inlinable public var bytes: [UInt8] {
        precondition(outlet == nil, "a writer that hands on what was written does not hold it")
        return storage
    }

    @usableFromInline var storage: [UInt8]
    /// Where what was written before goes; nil: it stays.
    @usableFromInline var outlet: (any WriterOutlet)?
    /// Bytes that went there.
    @usableFromInline var handedOn = 0

    /// Makes an empty writer.
    @inlinable
    public init() {
        storage = []
        outlet = nil
    }

    /// Makes an empty writer with room for `capacity` bytes.
    @inlinable
    public init(capacity: Int) {
        storage = []
        outlet = nil
        storage.reserveCapacity(capacity)
    }

    /// The number of bytes written.
    @inlinable public var count: Int { handedOn + storage.count }

    /// Makes room for `count` more bytes.
    @inlinable
    public mutating func reserve(_ count: Int) {
        storage.reserveCapacity(storage.count + count)
    }

    /// Forgets what was written.
    @inlinable
    public mutating func removeAll(keepingCapacity: Bool = true) {
        precondition(outlet == nil, "what was handed on cannot be forgotten")
        storage.removeAll(keepingCapacity: keepingCapacity)
    }

    /// Forgets what was written after the first `count` bytes.
    @inlinable
    public mutating func truncate(to count: Int) {
        let kept = count - handedOn
        precondition(
            kept >= 0 && kept <= storage.count,
            "a writer cannot be truncated to more than it holds")
        storage.removeLast(storage.count - kept)
    }

    /// Appends one byte.
    @inlinable
    public mutating func u8(_ value: UInt8) {
        storage.append(value)
    }

    /// Appends four bytes.
    @inlinable
    public mutating func u32(_ value: UInt32) {
        Swift.withUnsafeBytes(of: value.littleEndian) { storage.append(contentsOf: $0) }
        pieceEnds()
    }

    /// Appends eight bytes.
    @inlinable
    public mutating func u64(_ value: UInt64) {
        Swift.withUnsafeBytes(of: value.littleEndian) { storage.append(contentsOf: $0) }
        pieceEnds()
    }

    /// Overwrites four bytes at `offset`, which were written before.
    @inlinable
    public mutating func patchU32(_ value: UInt32, at offset: Int) {
        precondition(offset >= 0 && offset + 4 <= count, "only written bytes are patched")
        if offset < handedOn { return patchHandedOn(value, at: offset) }
        storage.withUnsafeMutableBytes { buffer in
            let place = offset - handedOn
            buffer.storeBytes(of: value.littleEndian, toByteOffset: place, as: UInt32.self)
        }
    }

    /// Appends an unsigned integer in one to ten bytes, seven bits in each.
    @inlinable
    public mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            storage.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        storage.append(UInt8(truncatingIfNeeded: rest))
        pieceEnds()
    }

    /// Appends bytes as they are, without their count.
    @inlinable
    public mutating func raw(_ bytes: UnsafeRawBufferPointer) {
        if outlet != nil { return handOn(bytes) }
        storage.append(contentsOf: bytes)
    }

    /// Appends bytes as they are, without their count.
    @inlinable
    public mutating func raw(_ bytes: [UInt8]) {
        if outlet != nil { return bytes.withUnsafeBytes { handOn($0) } }
        storage.append(contentsOf: bytes)
    }

    /// Appends bytes as they are, without their count.
    @inlinable
    public mutating func raw(_ bytes: ArraySlice<UInt8>) {
        if outlet != nil { return bytes.withUnsafeBytes { handOn($0) } }
        storage.append(contentsOf: bytes)
    }

    /// Appends a count and the bytes.
    @inlinable
    public mutating func bytes(_ bytes: [UInt8]) {
        varint(UInt64(bytes.count))
        raw(bytes)
    }

    /// Appends a string as the count of its UTF-8 bytes and the bytes.
    @inlinable
    public mutating func string(_ value: String) {
        var value = value
        value.withUTF8 { text in
            varint(UInt64(text.count))
            raw(UnsafeRawBufferPointer(text))
        }
    }

    /// Calls `body` with the bytes written so far.
    @inlinable
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        precondition(outlet == nil, "a writer that hands on what was written does not hold it")
        return storage.withUnsafeBytes { body($0) }
    }
}
