/// What an object would do if its operations happened one at a time.
///
/// A model is a deterministic automaton. An object that may do one of several things is modelled by
/// the set of the states in which it can be.
public protocol Model: Sendable {
    /// All that later outputs depend on.
    associatedtype State: Hashable & Sendable
    /// What is asked of the object.
    associatedtype Input: Hashable & Sendable
    /// What the object answers.
    associatedtype Output: Hashable & Sendable
    /// The name of a part of the object that is independent of all others.
    associatedtype Key: Hashable & Sendable = SingleKey

    /// The state in which each key begins.
    var initial: State { get }

    /// The state after an operation, or nil if the operation cannot answer this in that state; the
    /// output is nil if nobody knows it.
    func step(_ state: State, _ input: Input, _ output: Output?) -> State?

    /// Whether an operation that answers this changes no state that allows it: true for what reads,
    /// and for what was refused.
    ///
    /// With this hint the search has far less to try. False is always right; true, where it is
    /// wrong, is misuse and traps.
    func isReadOnly(_ input: Input, _ output: Output?) -> Bool

    /// The key that an input is about: an input may neither see nor change any other.
    func key(of input: Input) -> Key

    /// An operation in a few words, for people.
    func describe(_ input: Input, _ output: Output?) -> String

    /// A state in a few words, for people.
    func describe(state: State) -> String
}

/// The key of an object that has no independent parts.
public enum SingleKey: Hashable, Sendable {
    /// The whole object.
    case whole
}

extension Model where Key == SingleKey {
    /// The whole object.
    public func key(of input: Input) -> SingleKey { .whole }
}

extension Model {
    /// No hint.
    public func isReadOnly(_ input: Input, _ output: Output?) -> Bool { false }

    /// The input and output as Swift prints them.
    public func describe(_ input: Input, _ output: Output?) -> String {
        guard let output else { return "\(input)" }
        return "\(input) -> \(output)"
    }

    /// The state as Swift prints it.
    public func describe(state: State) -> String { "\(state)" }
}

/// A value in a few words, without the name of its type or of the optional around it.
func text<Value>(_ value: Value?) -> String {
    value.map { "\($0)" } ?? "nothing"
}
