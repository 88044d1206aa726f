extension BinaryCodable where Self: RawRepresentable, RawValue: BinaryCodable {
    /// Appends the raw value.
    @inlinable
    public func write(to writer: inout Writer) {
        rawValue.write(to: &writer)
    }

    /// Reads a raw value that the type knows.
    @inlinable
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Self {
        guard let value = Self(rawValue: try RawValue.read(from: &reader)) else {
            throw .unknownCase
        }
        return value
    }
}
