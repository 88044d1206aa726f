public import ADO

/// Who follows whom, and what those are called.
public struct FollowsMachine: TraceMachine {
    /// `follows`.
    public static let object = "follows"

    /// Its methods.
    ///
    /// `following` lists the names of those whom somebody follows and who signed up.
    public static let methods = [
        TraceMethod("signup", .text, .text), TraceMethod("follow", .text, .text),
        TraceMethod("following", .text),
    ]

    private var names: [String: String] = [:]
    private var follows: [String: Set<String>] = [:]

    /// Nobody.
    public init() {}

    /// Runs one call.
    public mutating func step(_ call: TraceCall) -> TraceValue {
        let user = call.text(0)
        switch call.method {
        case "signup":
            guard names[user] == nil else { return false }
            names[user] = call.text(1)
            return true
        case "follow": return .bool(follows[user, default: []].insert(call.text(1)).inserted)
        default:
            let found = Set((follows[user] ?? []).compactMap { names[$0] })
            return .list(found.map(TraceValue.string).sorted())
        }
    }

    /// One cell for each user's name, and a property for each user with a cell for each followed.
    public static func footprint(of call: TraceCall) -> Footprint {
        let user = call.text(0)
        return switch call.method {
        case "signup": .changes(.of("names", user))
        case "follow": .sets(.of("followed by " + user, call.text(1)))
        default: .reads(.property("followed by " + user), .property("names"))
        }
    }
}
