/// Something that runs typed calls at once, such as a ``Handle``.
public protocol InvocationTarget<Object> {
    /// The type of the object.
    associatedtype Object: AtomicObject

    /// Runs a method and returns its result.
    @discardableResult
    func invoke<Result: BinaryCodable>(
        _ call: Call<Object, Result>
    ) throws(InvokeFailure) -> Result
}

/// Something that has typed calls carried out, such as a ``Handle``.
public protocol CallTarget<Object>: Sendable {
    /// The type of the object.
    associatedtype Object: AtomicObject

    /// Runs a method as often as the policy says and returns its result.
    @discardableResult
    func call<Result: BinaryCodable>(
        _ call: Call<Object, Result>, policy: CallPolicy
    ) async throws(CallFailure) -> Result
}

extension Handle: InvocationTarget, CallTarget {}

/// An object whose methods and calls a macro wrote; ``AtomicObject(_:)`` makes its type conform.
///
/// A macro can add nothing to ``Call``, where `.set("a", to: "1")` would be looked up. So it nests
/// a generic type with those factories in the object's own type, and the two types below, which
/// are what `handle.invoke` and `handle.call` are for such an object. To pass a call around, write
/// `Settings.MethodCall.set("a", to: "1").call`.
public protocol DerivedObject: AtomicObject {
    /// What `invoke(.set("a", to: "1"))` calls.
    associatedtype Invocation: DerivedInvocation<Self>

    /// What `call(.set("a", to: "1"))` calls.
    associatedtype Calling: DerivedCalling<Self>
}

/// Runs the derived calls of an object; see ``DerivedObject``.
public protocol DerivedInvocation<Object> {
    /// The type of the object.
    associatedtype Object: AtomicObject

    /// Makes one that hands calls to `target`.
    init(_ target: any InvocationTarget<Object>)
}

/// Has the derived calls of an object carried out; see ``DerivedObject``.
public protocol DerivedCalling<Object>: Sendable {
    /// The type of the object.
    associatedtype Object: AtomicObject

    /// Makes one that hands calls to `target`.
    init(_ target: any CallTarget<Object>)
}

extension InvocationTarget where Object: DerivedObject {
    /// Runs a method, written as `invoke(.set("a", to: "1"))`.
    public var invoke: Object.Invocation { Object.Invocation(self) }
}

extension CallTarget where Object: DerivedObject {
    /// Has a method carried out, written as `call(.set("a", to: "1"))`.
    public var call: Object.Calling { Object.Calling(self) }
}
