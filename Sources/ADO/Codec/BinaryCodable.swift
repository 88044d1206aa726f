/// A value with one compact binary encoding.
///
///     struct Point: BinaryCodable {
///         var x: Int
///         var y: Int
///
///         func write(to writer: inout Writer) {
///             x.write(to: &writer)
///             y.write(to: &writer)
///         }
///
///         static func read(from reader: inout Reader) throws(DecodingFailure) -> Point {
///             Point(x: try .read(from: &reader), y: try .read(from: &reader))
///         }
///     }
///
/// Equal values must have equal encodings, on every machine, and ``read(from:)`` must refuse what
/// ``write(to:)`` would not have written: replicas compare encodings to find divergence. Method
/// arguments and results are such values, and so is everything an object keeps.
public protocol BinaryCodable: Sendable {
    /// Appends the encoding of this value.
    func write(to writer: inout Writer)

    /// Reads one value, and nothing after it.
    static func read(from reader: inout Reader) throws(DecodingFailure) -> Self
}

extension BinaryCodable {
    /// The encoding of this value.
    @inlinable
    public func encoded() -> [UInt8] {
        var writer = Writer()
        write(to: &writer)
        return writer.bytes
    }

    /// Reads a value that fills `bytes` exactly.
    @inlinable
    public static func decoded(from bytes: [UInt8]) throws(DecodingFailure) -> Self {
        try Reader.read(bytes) { reader throws(DecodingFailure) in try read(from: &reader) }
    }
}

extension Writer {
    /// Appends the encoding of a value.
    @inlinable
    public mutating func value(_ value: some BinaryCodable) {
        value.write(to: &self)
    }
}

extension Reader {
    /// Reads a value.
    @inlinable
    public mutating func value<Value: BinaryCodable>(
        _ type: Value.Type
    ) throws(DecodingFailure) -> Value {
        try Value.read(from: &self)
    }
}

/// The result of a method that returns nothing.
@frozen
public struct Nothing: BinaryCodable, Hashable {
    /// Makes it.
    @inlinable public init() {}

    /// Appends no byte.
    @inlinable public func write(to writer: inout Writer) {}

    /// Reads no byte.
    @inlinable
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Nothing {
        Nothing()
    }
}
