extension BinaryCodable where Self: RawRepresentable, RawValue: BinaryCodable {
    /// Appends the raw value.
    @inlinable
    public func write(to writer: inout Writer) {
        rawValue.write(to: &writer)
    }

    /// Reads a raw value that the type knows.
    ///
    /// One that it refuses is taken for a case of a later version. A type that checks its values
    /// rather than naming them reads them itself, and throws `malformed`.
    @inlinable
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Self {
        guard let value = Self(rawValue: try RawValue.read(from: &reader)) else {
            throw .unknownCase
        }
        return value
    }
}
