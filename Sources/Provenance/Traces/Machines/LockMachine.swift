public import ADO

/// A lock that one client at a time holds.
public struct LockMachine: TraceMachine {
    /// `lock`.
    public static let object = "lock"

    /// Its methods.
    public static let methods = [
        TraceMethod("acquire", .value), TraceMethod("release", .value), TraceMethod("owner"),
    ]

    private var owner: TraceValue?

    /// Free.
    public init() {}

    /// Runs one call.
    public mutating func step(_ call: TraceCall) -> TraceValue {
        switch call.method {
        case "acquire":
            guard owner == nil || owner == call.args[0] else { return false }
            owner = call.args[0]
            return true
        case "release":
            guard owner == call.args[0] else { return false }
            owner = nil
            return true
        default: return owner ?? .null
        }
    }

    /// One cell.
    public static func footprint(of call: TraceCall) -> Footprint {
        let owner = Cell.property("owner")
        return call.method == "owner" ? .reads(owner) : .changes(owner)
    }
}
