/// A dictionary, one key at a time: ``KeyValueModel/Input/set(_:_:)`` and
/// ``KeyValueModel/Input/remove(_:)`` return the value before.
public struct KeyValueModel<Key: Hashable & Sendable, Value: Hashable & Sendable>: Model {
    /// What a dictionary can be asked to do.
    public enum Input: Hashable, Sendable {
        /// Sets a key and returns the value before.
        case set(Key, Value)
        /// Returns the value of a key.
        case get(Key)
        /// Removes a key and returns the value before.
        case remove(Key)
    }

    /// Makes the model.
    public init() {}

    /// No value.
    public var initial: Value? { nil }

    /// Compares the output with the value, and sets or removes it.
    public func step(_ state: Value?, _ input: Input, _ output: Value??) -> Value?? {
        if let output, output != state { return nil }
        switch input {
        case .set(_, let value): return .some(value)
        case .get: return .some(state)
        case .remove: return .some(nil)
        }
    }

    /// True for reads, and for what sets or removes what was so before.
    public func isReadOnly(_ input: Input, _ output: Value??) -> Bool {
        switch input {
        case .get: true
        case .set(_, let value): output == .some(value)
        case .remove: output == .some(nil)
        }
    }

    /// The key that is set, read or removed.
    public func key(of input: Input) -> Key {
        switch input {
        case .set(let key, _), .get(let key), .remove(let key): key
        }
    }

    /// Such as `set x = 2 -> 1`.
    public func describe(_ input: Input, _ output: Value??) -> String {
        let answer = output.map { " -> \(text($0))" } ?? ""
        switch input {
        case .set(let key, let value): return "set \(key) = \(value)\(answer)"
        case .get(let key): return "get \(key)\(answer)"
        case .remove(let key): return "remove \(key)\(answer)"
        }
    }

    /// The value, or nothing.
    public func describe(state: Value?) -> String { text(state) }
}
