/// A number that is added to and read; both return the number.
public struct CounterModel: Model {
    /// What a counter can be asked to do.
    public enum Input: Hashable, Sendable {
        /// Adds a number and returns the sum; a sum that does not fit is never legal.
        case add(Int)
        /// Returns the number.
        case value
    }

    /// Makes the model.
    public init() {}

    /// Zero.
    public var initial: Int { 0 }

    /// Adds, and compares the output with the sum.
    public func step(_ state: Int, _ input: Input, _ output: Int?) -> Int? {
        var (sum, overflows) = (state, false)
        if case .add(let number) = input {
            (sum, overflows) = state.addingReportingOverflow(number)
        }
        return overflows || (output ?? sum) != sum ? nil : sum
    }

    /// True for reads.
    public func isReadOnly(_ input: Input, _ output: Int?) -> Bool { input == .value }

    /// Such as `add 2 -> 5`.
    public func describe(_ input: Input, _ output: Int?) -> String {
        let answer = output.map { " -> \($0)" } ?? ""
        switch input {
        case .add(let number): return "add \(number)\(answer)"
        case .value: return "value\(answer)"
        }
    }
}
