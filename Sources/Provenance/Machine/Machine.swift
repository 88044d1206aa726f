public import ADO

/// A deterministic machine: a state, and what calls do to it.
///
/// Replaying the same inputs from the same state gives the same outputs; explanations rest on it.
/// Copies must be cheap: the exact search makes one for every subset of the log that it tries.
public protocol Machine: Sendable {
    /// A call.
    associatedtype Input: Sendable

    /// A reply.
    associatedtype Output: Hashable, Sendable

    /// Runs one call.
    mutating func step(_ input: Input) -> Output

    /// What a call may look at and change; unknown by default, which makes every call relevant.
    static func footprint(of input: Input) -> Footprint
}

extension Machine {
    /// Unknown.
    public static func footprint(of input: Input) -> Footprint { .unknown }
}
