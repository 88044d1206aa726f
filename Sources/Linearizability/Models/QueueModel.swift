/// A queue, first in and first out.
///
/// Each step costs the length of the queue.
public struct QueueModel<Element: Hashable & Sendable>: Model {
    /// What a queue can be asked to do.
    public enum Input: Hashable, Sendable {
        /// Appends an element.
        case enqueue(Element)
        /// Removes and returns the first element.
        case dequeue
    }

    /// What a queue answers.
    public enum Output: Hashable, Sendable {
        /// The element is in the queue.
        case enqueued
        /// The element was the first one.
        case dequeued(Element)
        /// There was none.
        case empty
    }

    /// Makes the model.
    public init() {}

    /// No elements.
    public var initial: [Element] { [] }

    /// Runs the input and compares the outputs.
    public func step(_ state: [Element], _ input: Input, _ output: Output?) -> [Element]? {
        var next = state
        let answer: Output
        switch input {
        case .enqueue(let element):
            next.append(element)
            answer = .enqueued
        case .dequeue: answer = next.isEmpty ? .empty : .dequeued(next.removeFirst())
        }
        return output == nil || output == answer ? next : nil
    }

    /// True for finding nothing.
    public func isReadOnly(_ input: Input, _ output: Output?) -> Bool { output == .empty }

    /// Such as `dequeue -> a`.
    public func describe(_ input: Input, _ output: Output?) -> String {
        let call =
            switch input {
            case .enqueue(let element): "enqueue \(element)"
            case .dequeue: "dequeue"
            }
        switch output {
        case .dequeued(let element): return "\(call) -> \(element)"
        case .empty: return "\(call) -> nothing"
        case .enqueued, nil: return call
        }
    }

    /// The elements, the first one first.
    public func describe(state: [Element]) -> String {
        state.isEmpty ? "empty" : state.map { "\($0)" }.joined(separator: " ")
    }
}
