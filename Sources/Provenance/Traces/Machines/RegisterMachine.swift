public import ADO

/// Integer variables, all 0 at first, that can be set back together unless they are frozen.
public struct RegisterMachine: TraceMachine {
    /// `register`.
    public static let object = "register"

    /// Its methods.
    public static let methods = [
        TraceMethod("get", .text), TraceMethod("set", .text, .number),
        TraceMethod("add", .text, .number), TraceMethod("sub", .text, .number),
        TraceMethod("freeze"), TraceMethod("truncate"),
    ]

    private var variables: [String: Int] = [:]
    private var isFrozen = false

    /// Every variable 0, not frozen.
    public init() {}

    /// Runs one call.
    ///
    /// Numbers wrap around.
    public mutating func step(_ call: TraceCall) -> TraceValue {
        switch call.method {
        case "get": return .int(variables[call.text(0)] ?? 0)
        case "set": variables[call.text(0)] = call.number(1)
        case "add": variables[call.text(0), default: 0] &+= call.number(1)
        case "sub": variables[call.text(0), default: 0] &-= call.number(1)
        case "freeze": isFrozen = true
        default:
            if isFrozen { return false }
            variables = [:]
        }
        return true
    }

    /// One cell for each variable, and one for being frozen.
    public static func footprint(of call: TraceCall) -> Footprint {
        let frozen = Cell.property("frozen")
        return switch call.method {
        case "freeze": Footprint(reads: .none, writes: .known([frozen]), overwrites: [frozen])
        case "truncate":
            .derives(.property("variables"), from: frozen, .property("variables"))
        case "get": .reads(.of("variables", call.text(0)))
        case "set": .sets(.of("variables", call.text(0)))
        default: .changes(.of("variables", call.text(0)))
        }
    }
}
