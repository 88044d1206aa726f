// The encoding of a state by the names of its properties, which derived objects use: a version
// byte, the number of fields, and for each its name, its size and its value, in the order of the
// names. So a property may be added and moved at will, and one that is gone is missed by its name.

extension Writer {
    /// Appends the head of `count` named fields, which must follow in the order of their names.
    @inlinable
    public mutating func namedFields(_ count: Int) {
        u8(NamedFields.version)
        varint(UInt64(count))
    }

    /// Appends one named field.
    @inlinable
    public mutating func field(_ name: String, _ value: some BinaryCodable) {
        string(name)
        let start = count
        u32(0)
        value.write(to: &self)
        let size = count - start - 4
        if admits(propertyOf: size) { patchU32(UInt32(size), at: start) }
    }
}

/// Reads what ``Writer/namedFields(_:)`` and ``Writer/field(_:_:)`` wrote.
///
///     var fields = try NamedFields(&reader)
///     while let name = try fields.next(&reader) {
///         switch name {
///         case "raised": try fields.read(&raised, from: &reader)
///         default: throw .unknownProperty(name)
///         }
///     }
///
/// Fields that an older version did not write are simply not there: the property keeps its default.
@frozen
public struct NamedFields {
    @usableFromInline static let version: UInt8 = 1

    @usableFromInline var left: Int
    @usableFromInline var last: String?

    /// Reads the head.
    @inlinable
    public init(_ reader: inout Reader) throws(DecodingFailure) {
        guard try reader.u8() == Self.version else { throw .malformed }
        left = try reader.length()
        last = nil
    }

    /// Reads the name of the next field, which must rise, or nil after the last.
    @inlinable
    public mutating func next(_ reader: inout Reader) throws(DecodingFailure) -> String? {
        guard left > 0 else { return nil }
        left -= 1
        let name = try reader.string()
        if let last {
            guard last.utf8.lexicographicallyPrecedes(name.utf8) else { throw .malformed }
        }
        last = name
        return name
    }

    /// Reads the value of the field whose name was read, which must fill it.
    @inlinable
    public func read<Value: BinaryCodable>(
        _ value: inout Value, from reader: inout Reader
    ) throws(DecodingFailure) {
        let size = try reader.u32()
        var inside = Reader(try reader.raw(Int(size)))
        value = try Value.read(from: &inside)
        try inside.finish()
    }
}
