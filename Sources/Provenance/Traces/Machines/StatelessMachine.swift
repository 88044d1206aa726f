public import ADO

/// A service that remembers nothing.
public struct StatelessMachine: TraceMachine {
    /// `stateless`.
    public static let object = "stateless"

    /// Its method.
    public static let methods = [TraceMethod("echo", .value)]

    /// Makes one.
    public init() {}

    /// Replies what it was told.
    public mutating func step(_ call: TraceCall) -> TraceValue { call.args[0] }

    /// Nothing.
    public static func footprint(of call: TraceCall) -> Footprint { .reads() }
}
