/// A replicated object: a plain value and the methods that change it.
///
/// The log of an object holds method calls, and every replica applies them in the order of the log.
/// So methods must be deterministic: no clock, no randomness, no iteration order of a hashed
/// collection in a result, and nothing outside the value. The value is copied often (a speculative
/// state *is* a copy); where it grows, use collections whose copies are cheap to change.
///
///     struct Flag: AtomicObject {
///         enum Method: UInt8, ObjectMethod {
///             case raise = 1
///             case isRaised = 2
///
///             var isReadOnly: Bool { self == .isRaised }
///         }
///
///         static let typeName = "Flag"
///         var raised = false
///
///         mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure) {
///             if method == .raise { raised = true }
///             raised.write(to: &result)
///         }
///
///         func writeState(to writer: inout Writer) { raised.write(to: &writer) }
///
///         static func readState(from reader: inout Reader) throws(DecodingFailure) -> Flag {
///             Flag(raised: try .read(from: &reader))
///         }
///     }
public protocol AtomicObject: Sendable {
    /// A method of the object together with its arguments.
    associatedtype Method: ObjectMethod

    /// The name of the type in logs. It must never change, and holds no zero byte.
    static var typeName: String { get }

    /// Makes the object as it is before the first method.
    init()

    /// Runs one method and appends its encoded result.
    ///
    /// A method that throws must not have changed anything before: the failure is a deterministic
    /// result like any other, and callers are told that nothing changed.
    mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure)

    /// Appends the state: equal states give equal bytes, whatever led to them.
    func writeState(to writer: inout Writer)

    /// Reads what ``writeState(to:)`` appended.
    static func readState(from reader: inout Reader) throws(DecodingFailure) -> Self
}

/// A method of an object together with its arguments, as the log holds it.
///
/// The encoding starts with a tag that must stay the same for as long as a log holds the method.
public protocol ObjectMethod: BinaryCodable {
    /// Whether the method changes nothing, so that it can be answered without the log.
    var isReadOnly: Bool { get }

    /// The signatures of all methods, which clients declare in the log.
    ///
    /// If there are any, each encoding starts with the ``MethodSignature/tag`` of one, as four
    /// bytes. In return a log that holds a method which the type has no more is refused by that
    /// method's name. Without them, which is the default, tags are the type's own affair, and what
    /// it cannot read is rejected.
    static var signatures: [MethodSignature] { get }

    /// How logs and explanations call the method; nil by default.
    var signature: MethodSignature? { get }

    /// What the method may look at and change; unknown by default.
    var footprint: Footprint { get }
}

extension ObjectMethod {
    /// None.
    public static var signatures: [MethodSignature] { [] }

    /// None.
    public var signature: MethodSignature? { nil }

    /// Unknown, except that a method which only reads writes nothing.
    public var footprint: Footprint {
        isReadOnly ? Footprint(reads: .unknown, writes: .none) : .unknown
    }
}

/// What a method threw: a deterministic result, as its encoded bytes.
@frozen
public struct MethodFailure: Error, Sendable, Hashable {
    /// The encoding of the error.
    public var payload: [UInt8]

    /// Makes a failure from its encoding.
    @inlinable
    public init(payload: [UInt8]) {
        self.payload = payload
    }

    /// Makes a failure that carries `error`.
    @inlinable
    public init(_ error: some BinaryCodable) {
        payload = error.encoded()
    }

    /// The error that the method threw.
    @inlinable
    public func error<Failure: BinaryCodable>(
        as type: Failure.Type = Failure.self
    ) throws(DecodingFailure) -> Failure {
        try Failure.decoded(from: payload)
    }
}
