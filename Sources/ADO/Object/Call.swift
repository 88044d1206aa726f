/// A method of an object, and the type of its result.
///
/// Objects offer their methods as factories in constrained extensions, so that a call reads like
/// one and its result is typed:
///
///     extension Call where Object == Flag, Result == Bool {
///         static var raise: Self { Self(.raise) }
///     }
///
///     let raised = try flag.invoke(.raise)        // Bool
@frozen
public struct Call<Object: AtomicObject, Result: BinaryCodable>: Sendable {
    /// The method as the log will hold it.
    public let method: Object.Method

    /// Makes a call of `method`, which must return a `Result`.
    @inlinable
    public init(_ method: Object.Method) {
        self.method = method
    }
}

/// One request of one session: the identity of a call through every retry.
@frozen
public struct Request: Sendable, Hashable {
    /// The session, which one handle or pipeline opened.
    public let session: UInt64

    /// The number of the request in its session, from 1.
    public let number: UInt64

    /// Makes the identity of request `number` of `session`.
    @inlinable
    public init(session: UInt64, number: UInt64) {
        self.session = session
        self.number = number
    }
}

/// How often a call may be done, and how long it is tried.
public enum CallPolicy: Sendable, Hashable {
    /// One try. If it fails as unknown, the call was done once, or not, or will be.
    case atMostOnce

    /// Tries with a new request each time: the call may be done several times.
    case atLeastOnce(deadline: Duration)

    /// Tries with the same request: the call is done once, or is unknown at the deadline.
    case exactlyOnce(deadline: Duration)

    /// Exactly once, within five seconds.
    public static let standard = CallPolicy.exactlyOnce(deadline: .seconds(5))
}
