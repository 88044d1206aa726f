/// A dictionary, one key at a time, whose writes tell the value before, or whether there was one,
/// or nothing.
public struct StoreModel: Model {
    /// What a store can be asked to do.
    public enum Input: Hashable, Sendable {
        /// Sets a key.
        case set(String, String)
        /// Returns the value of a key.
        case get(String)
        /// Removes a key.
        case remove(String)
    }

    /// What a store answers.
    public enum Output: Hashable, Sendable {
        /// It is done, and nothing is said about the value before.
        case done
        /// The value, of a read; or the value before, of a write.
        case value(String?)
        /// Whether there was a value before.
        case existed(Bool)
    }

    /// Makes the model.
    public init() {}

    /// No value.
    public var initial: String? { nil }

    /// Compares the output with the value, and sets or removes it.
    public func step(_ state: String?, _ input: Input, _ output: Output?) -> String?? {
        switch output {
        case .value(let value) where value != state: return nil
        case .existed(let existed) where existed != (state != nil): return nil
        case .done, .value, .existed, nil: break
        }
        switch input {
        case .set(_, let value): return .some(value)
        case .get: return .some(state)
        case .remove: return .some(nil)
        }
    }

    /// True for reads.
    public func isReadOnly(_ input: Input, _ output: Output?) -> Bool {
        if case .get = input { true } else { false }
    }

    /// The key that is set, read or removed.
    public func key(of input: Input) -> String {
        switch input {
        case .set(let key, _), .get(let key), .remove(let key): key
        }
    }

    /// Such as `set x = 2 -> done`.
    public func describe(_ input: Input, _ output: Output?) -> String {
        let answer: String
        switch output {
        case .done: answer = " -> done"
        case .value(let value): answer = " -> \(text(value))"
        case .existed(let existed): answer = existed ? " -> was there" : " -> was not there"
        case nil: answer = ""
        }
        switch input {
        case .set(let key, let value): return "set \(key) = \(value)\(answer)"
        case .get(let key): return "get \(key)\(answer)"
        case .remove(let key): return "remove \(key)\(answer)"
        }
    }

    /// The value, or nothing.
    public func describe(state: String?) -> String { text(state) }
}
