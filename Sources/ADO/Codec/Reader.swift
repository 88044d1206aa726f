/// A bounds-checked cursor over borrowed bytes.
///
///     let mode = try Reader.read([4, 109, 111, 100, 101]) { reader throws(DecodingFailure) in
///         try reader.string()
///     }                     // "mode"
///
/// Reading is total: whatever the bytes are, a read returns a value or throws, and never looks past
/// the end. A reader does not own its bytes: it must not outlive the closure it was made in.
@frozen
public struct Reader {
    @usableFromInline let bytes: UnsafeRawBufferPointer
    @usableFromInline var offset: Int

    /// Makes a reader of `bytes`, which must stay valid as long as the reader is used.
    @inlinable
    public init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        offset = 0
    }

    /// Reads a value that fills `bytes` exactly.
    @inlinable
    public static func read<Value>(
        _ bytes: [UInt8], _ body: (inout Reader) throws(DecodingFailure) -> Value
    ) throws(DecodingFailure) -> Value {
        let result: Result<Value, DecodingFailure> = bytes.withUnsafeBytes { buffer in
            do throws(DecodingFailure) {
                var reader = Reader(buffer)
                let value = try body(&reader)
                try reader.finish()
                return .success(value)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// The number of bytes not yet read.
    @inlinable public var remaining: Int { bytes.count - offset }

    /// The bytes not yet read.
    @inlinable
    public var rest: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[offset...])
    }

    /// Checks that everything was read.
    @inlinable
    public func finish() throws(DecodingFailure) {
        guard remaining == 0 else { throw .trailing(remaining) }
    }

    /// Reads one byte.
    @inlinable
    public mutating func u8() throws(DecodingFailure) -> UInt8 {
        guard remaining >= 1 else { throw .truncated }
        defer { offset += 1 }
        return bytes[offset]
    }

    /// Reads four bytes.
    @inlinable
    public mutating func u32() throws(DecodingFailure) -> UInt32 {
        guard remaining >= 4 else { throw .truncated }
        defer { offset += 4 }
        let value = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        return UInt32(littleEndian: value)
    }

    /// Reads eight bytes.
    @inlinable
    public mutating func u64() throws(DecodingFailure) -> UInt64 {
        guard remaining >= 8 else { throw .truncated }
        defer { offset += 8 }
        let value = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        return UInt64(littleEndian: value)
    }

    /// Reads an unsigned integer of one to ten bytes; the shortest form is the only one accepted.
    @inlinable
    public mutating func varint() throws(DecodingFailure) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try u8()
            guard shift < 63 || byte <= 1 else { throw .malformed }
            value |= UInt64(byte & 0x7f) << shift
            guard byte >= 0x80 else {
                guard byte != 0 || shift == 0 else { throw .malformed }
                return value
            }
            shift += 7
        }
    }

    /// Reads the count of bytes or elements that follow: at least one byte each.
    @inlinable
    public mutating func length() throws(DecodingFailure) -> Int {
        let count = try varint()
        guard count <= UInt64(remaining) else { throw .truncated }
        return Int(count)
    }

    /// Reads `count` bytes as they are; they are valid as long as the reader's own.
    @inlinable
    public mutating func raw(_ count: Int) throws(DecodingFailure) -> UnsafeRawBufferPointer {
        guard count >= 0, remaining >= count else { throw .truncated }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    /// Reads a count and that many bytes.
    @inlinable
    public mutating func byteArray() throws(DecodingFailure) -> [UInt8] {
        let count = try length()
        return [UInt8](try raw(count))
    }

    /// Reads a string; bytes that are not UTF-8 are refused.
    @inlinable
    public mutating func string() throws(DecodingFailure) -> String {
        let count = try length()
        let text = try raw(count)
        // Decoding repairs what is not UTF-8, and is much faster than the validating initializer:
        // compare afterwards, unless it is plain ASCII.
        var value = String(decoding: text, as: UTF8.self)
        guard !Self.isASCII(text) else { return value }
        let same = value.withUTF8 { $0.elementsEqual(text) }
        guard same else { throw .malformed }
        return value
    }

    @inlinable
    static func isASCII(_ text: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        var bits: UInt64 = 0
        while offset + 8 <= text.count {
            bits |= text.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            offset += 8
        }
        while offset < text.count {
            bits |= UInt64(text[offset])
            offset += 1
        }
        return bits & 0x8080_8080_8080_8080 == 0
    }
}
