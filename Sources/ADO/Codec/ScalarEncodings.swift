// Encodings of numbers and flags. Integers of the language are varints, signed ones zigzag first,
// so that small magnitudes are short; types narrower than the varint refuse what they cannot hold.

extension Int64: BinaryCodable {
    /// Appends a zigzag varint.
    @inlinable
    public func write(to writer: inout Writer) {
        writer.varint(UInt64(bitPattern: (self << 1) ^ (self >> 63)))
    }

    /// Reads a zigzag varint.
    @inlinable
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Int64 {
        let value = try reader.varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }
}

extension Int: BinaryCodable {
    /// Appends a zigzag varint.
    @inlinable
    public func write(to writer: inout Writer) {
        Int64(self).write(to: &writer)
    }

    /// Reads a zigzag varint.
    @inlinable
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Int {
        guard let value = Int(exactly: try Int64.read(from: &reader)) else { throw .malformed }
        return value
    }
}

extension Int32: BinaryCodable {
    /// Appends a zigzag varint.
    @inlinable
    public func write(to writer: inout Writer) {
        Int64(self).write(to: &writer)
    }

    /// Reads a zigzag varint that fits.
    @inlinable
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Int32 {
        guard let value = Int32(exactly: try Int64.read(from: &reader)) else { throw .malformed }
        return value
    }
}

extension UInt64: BinaryCodable {
    /// Appends a varint.
    @inlinable
    public func write(to writer: inout Writer) {
        writer.varint(self)
    }

    /// Reads a varint.
    @inlinable
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> UInt64 {
        try reader.varint()
    }
}

extension UInt32: BinaryCodable {
    /// Appends a varint.
    @inlinable
    public func write(to writer: inout Writer) {
        writer.varint(UInt64(self))
    }

    /// Reads a varint that fits.
    @inlinable
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> UInt32 {
        guard let value = UInt32(exactly: try reader.varint()) else { throw .malformed }
        return value
    }
}

extension UInt16: BinaryCodable {
    /// Appends a varint.
    @inlinable
    public func write(to writer: inout Writer) {
        writer.varint(UInt64(self))
    }

    /// Reads a varint that fits.
    @inlinable
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> UInt16 {
        guard let value = UInt16(exactly: try reader.varint()) else { throw .malformed }
        return value
    }
}

extension UInt8: BinaryCodable {
    /// Appends the byte.
    @inlinable
    public func write(to writer: inout Writer) {
        writer.u8(self)
    }

    /// Reads a byte.
    @inlinable
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> UInt8 {
        try reader.u8()
    }
}

extension Bool: BinaryCodable {
    /// Appends 0 or 1.
    @inlinable
    public func write(to writer: inout Writer) {
        writer.u8(self ? 1 : 0)
    }

    /// Reads 0 or 1.
    @inlinable
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Bool {
        switch try reader.u8() {
        case 0: return false
        case 1: return true
        default: throw .malformed
        }
    }
}

extension Double: BinaryCodable {
    /// Appends the eight bytes of the bit pattern.
    @inlinable
    public func write(to writer: inout Writer) {
        writer.u64(bitPattern)
    }

    /// Reads eight bytes.
    @inlinable
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Double {
        Double(bitPattern: try reader.u64())
    }
}
