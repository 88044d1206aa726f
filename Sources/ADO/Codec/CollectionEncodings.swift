// Encodings of text, optionals and collections. A count precedes elements; hashed collections are
// written in the order of their keys, because their own order differs between processes.

extension String: BinaryCodable {
    /// Appends the count of UTF-8 bytes and the bytes.
    @inlinable
    public func write(to writer: inout Writer) {
        writer.string(self)
    }

    /// Reads UTF-8 text.
    @inlinable
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> String {
        try reader.string()
    }
}

extension Optional: BinaryCodable where Wrapped: BinaryCodable {
    /// Appends 0, or 1 and the value.
    @inlinable
    public func write(to writer: inout Writer) {
        guard let value = self else { return writer.u8(0) }
        writer.u8(1)
        value.write(to: &writer)
    }

    /// Reads 0, or 1 and a value.
    @inlinable
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Wrapped? {
        guard try Bool.read(from: &reader) else { return nil }
        return try Wrapped.read(from: &reader)
    }
}

extension Array: BinaryCodable where Element: BinaryCodable {
    /// Appends the count and the elements, which must occupy at least a byte each.
    @inlinable
    public func write(to writer: inout Writer) {
        if let bytes = self as? [UInt8], Element.self == UInt8.self {
            return writer.bytes(bytes)
        }
        writer.varint(UInt64(count))
        for element in self {
            element.write(to: &writer)
            writer.pieceEnds()
        }
    }

    /// Reads a count and the elements.
    @inlinable
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> [Element] {
        if Element.self == UInt8.self, let bytes = try reader.byteArray() as? [Element] {
            return bytes
        }
        let count = try reader.length()
        var elements: [Element] = []
        // Not reserved in full: a count is a claim, and elements may be large in memory.
        elements.reserveCapacity(Swift.min(count, 4096))
        for _ in 0..<count { elements.append(try Element.read(from: &reader)) }
        return elements
    }
}

extension Dictionary: BinaryCodable
where Key: BinaryCodable & Comparable, Value: BinaryCodable {
    /// Appends the count, then keys and values in the order of the keys.
    @inlinable
    public func write(to writer: inout Writer) {
        writer.varint(UInt64(count))
        for (key, value) in self.sorted(by: { $0.key < $1.key }) {
            key.write(to: &writer)
            value.write(to: &writer)
        }
    }

    /// Reads pairs; their keys must rise.
    @inlinable
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> [Key: Value] {
        let count = try reader.length()
        var result: [Key: Value] = [:]
        var last: Key?
        for _ in 0..<count {
            let key = try Key.read(from: &reader)
            if let last, key <= last { throw .malformed }
            result[key] = try Value.read(from: &reader)
            last = key
        }
        return result
    }
}
