/// An append-only buffer that values are encoded into.
///
///     var writer = Writer()
///     writer.string("mode")
///     writer.bytes          // [4, 109, 111, 100, 101]
///
/// Fixed-size integers are little endian. Lengths and counts are varints, so small ones cost a
/// byte. A writer grows as an array does; ``removeAll(keepingCapacity:)`` makes one reusable.
@frozen
public struct Writer: Sendable {
    /// What was written so far.
    @inlinable public var bytes: [UInt8] { storage }

    @usableFromInline var storage: [UInt8]

    /// Makes an empty writer.
    @inlinable
    public init() {
        storage = []
    }

    /// Makes an empty writer with room for `capacity` bytes.
    @inlinable
    public init(capacity: Int) {
        storage = []
        storage.reserveCapacity(capacity)
    }

    /// The number of bytes written.
    @inlinable public var count: Int { storage.count }

    /// Makes room for `count` more bytes.
    @inlinable
    public mutating func reserve(_ count: Int) {
        storage.reserveCapacity(storage.count + count)
    }

    /// Forgets what was written.
    @inlinable
    public mutating func removeAll(keepingCapacity: Bool = true) {
        storage.removeAll(keepingCapacity: keepingCapacity)
    }

    /// Forgets what was written after the first `count` bytes.
    @inlinable
    public mutating func truncate(to count: Int) {
        precondition(count <= storage.count, "a writer cannot be truncated to more than it holds")
        storage.removeLast(storage.count - count)
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
    }

    /// Appends eight bytes.
    @inlinable
    public mutating func u64(_ value: UInt64) {
        Swift.withUnsafeBytes(of: value.littleEndian) { storage.append(contentsOf: $0) }
    }

    /// Overwrites four bytes at `offset`, which were written before.
    @inlinable
    public mutating func patchU32(_ value: UInt32, at offset: Int) {
        precondition(offset >= 0 && offset + 4 <= storage.count, "only written bytes are patched")
        storage.withUnsafeMutableBytes { buffer in
            buffer.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt32.self)
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
    }

    /// Appends bytes as they are, without their count.
    @inlinable
    public mutating func raw(_ bytes: UnsafeRawBufferPointer) {
        storage.append(contentsOf: bytes)
    }

    /// Appends bytes as they are, without their count.
    @inlinable
    public mutating func raw(_ bytes: [UInt8]) {
        storage.append(contentsOf: bytes)
    }

    /// Appends bytes as they are, without their count.
    @inlinable
    public mutating func raw(_ bytes: ArraySlice<UInt8>) {
        storage.append(contentsOf: bytes)
    }

    /// Appends a count and the bytes.
    @inlinable
    public mutating func bytes(_ bytes: [UInt8]) {
        varint(UInt64(bytes.count))
        storage.append(contentsOf: bytes)
    }

    /// Appends a string as the count of its UTF-8 bytes and the bytes.
    @inlinable
    public mutating func string(_ value: String) {
        var value = value
        value.withUTF8 { text in
            varint(UInt64(text.count))
            storage.append(contentsOf: text)
        }
    }

    /// Calls `body` with the bytes written so far.
    @inlinable
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        storage.withUnsafeBytes { body($0) }
    }
}
