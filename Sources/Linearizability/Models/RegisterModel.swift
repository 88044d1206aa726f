/// One value that is written, read, and compared and set.
public struct RegisterModel<Value: Hashable & Sendable>: Model {
    /// What a register can be asked to do.
    public enum Input: Hashable, Sendable {
        /// Replaces the value.
        case write(Value)
        /// Returns the value.
        case read
        /// Replaces the value if it is the first one given.
        case compareAndSet(Value, Value)
    }

    /// What a register answers.
    public enum Output: Hashable, Sendable {
        /// The value is written.
        case written
        /// The value that was read.
        case value(Value)
        /// Whether the value was the expected one, and is replaced.
        case compared(Bool)
    }

    /// The value before the first write.
    public let initial: Value

    /// Makes the model of a register that begins with a value.
    public init(initial: Value) {
        self.initial = initial
    }

    /// Runs the input and compares the outputs.
    public func step(_ state: Value, _ input: Input, _ output: Output?) -> Value? {
        let (next, answer): (Value, Output)
        switch input {
        case .write(let value): (next, answer) = (value, .written)
        case .read: (next, answer) = (state, .value(state))
        case .compareAndSet(let expected, let value):
            let isExpected = state == expected
            (next, answer) = (isExpected ? value : state, .compared(isExpected))
        }
        return output == nil || output == answer ? next : nil
    }

    /// True for reads, and for values that were not set.
    public func isReadOnly(_ input: Input, _ output: Output?) -> Bool {
        input == .read || output == .compared(false)
    }

    /// Such as `read -> 1`.
    public func describe(_ input: Input, _ output: Output?) -> String {
        let call =
            switch input {
            case .write(let value): "write \(value)"
            case .read: "read"
            case .compareAndSet(let expected, let value): "compare \(expected), set \(value)"
            }
        switch output {
        case .value(let value): return "\(call) -> \(value)"
        case .compared(let isSet): return "\(call) -> \(isSet ? "set" : "not set")"
        case .written, nil: return call
        }
    }
}
