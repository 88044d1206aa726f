public import ADO

/// A queue, first in, first out.
public struct QueueMachine: TraceMachine {
    /// `queue`.
    public static let object = "queue"

    /// Its methods.
    public static let methods = [TraceMethod("enqueue", .value), TraceMethod("dequeue")]

    private var elements: [TraceValue] = []

    /// Empty.
    public init() {}

    /// Runs one call.
    public mutating func step(_ call: TraceCall) -> TraceValue {
        if call.method == "enqueue" {
            elements.append(call.args[0])
            return true
        }
        return elements.isEmpty ? false : elements.removeFirst()
    }

    /// One cell: what comes out depends on all that went in.
    public static func footprint(of call: TraceCall) -> Footprint {
        .changes(.property("elements"))
    }
}
