public import ADO

/// A replicated number.
///
///     let hits = cluster.object(Counter.self, named: "hits")
///     try await hits.call(.add(5))        // 5
///     try await hits.call(.add(-2))       // 3
///     try await hits.call(.value)         // 3
///
/// Each addition is one atomic step. One that would overflow throws ``Overflow`` and changes
/// nothing. After an unknown outcome an addition may or may not be counted: settle it, or call it
/// exactly once, which is the default. An addition costs one round trip to a quorum.
public struct Counter: AtomicObject, Hashable {
    /// What a counter can be asked to do.
    public enum Method: ObjectMethod, Hashable {
        /// Adds a number, and returns the sum.
        case add(Int)
        /// Returns the value.
        case value

        /// True for `value`.
        @inlinable public var isReadOnly: Bool { self == .value }
    }

    /// The sum is outside of what 64 bits hold.
    public struct Overflow: Error, BinaryCodable, Hashable {
        /// The value, which stayed as it was.
        public let value: Int

        /// Makes the error.
        @inlinable
        public init(value: Int) {
            self.value = value
        }

        /// Appends the value.
        @inlinable
        public func write(to writer: inout Writer) { value.write(to: &writer) }

        /// Reads the value.
        @inlinable
        public static func read(from reader: inout Reader) throws(DecodingFailure) -> Overflow {
            Overflow(value: try .read(from: &reader))
        }
    }

    /// The name of the type in logs.
    public static let typeName = "Counter"

    /// The value.
    @inlinable public var value: Int { sum }

    @usableFromInline var sum = 0

    /// Makes a counter at 0.
    public init() {}

    /// Runs one method.
    @inlinable
    public mutating func apply(
        _ method: Method, result: inout Writer
    ) throws(MethodFailure) {
        if case .add(let number) = method {
            let (next, overflow) = sum.addingReportingOverflow(number)
            guard !overflow else { throw MethodFailure(Overflow(value: sum)) }
            sum = next
        }
        sum.write(to: &result)
    }

    /// Appends the value.
    public func writeState(to writer: inout Writer) { sum.write(to: &writer) }

    /// Reads a value.
    public static func readState(from reader: inout Reader) throws(DecodingFailure) -> Counter {
        var counter = Counter()
        counter.sum = try .read(from: &reader)
        return counter
    }
}

extension Counter.Method: BinaryCodable {
    /// Appends a tag, 1 or 2, and the number.
    @inlinable
    public func write(to writer: inout Writer) {
        switch self {
        case .add(let number):
            writer.u8(1)
            number.write(to: &writer)
        case .value:
            writer.u8(2)
        }
    }

    /// Reads a tag and the number.
    @inlinable
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Counter.Method {
        switch try reader.u8() {
        case 1: return .add(try .read(from: &reader))
        case 2: return .value
        case let tag: throw .unknownTag(UInt32(tag))
        }
    }
}

extension Call where Object == Counter, Result == Int {
    /// Adds a number, and returns the sum.
    @inlinable
    public static func add(_ number: Int) -> Self { Self(.add(number)) }

    /// Returns the value.
    @inlinable public static var value: Self { Self(.value) }
}
