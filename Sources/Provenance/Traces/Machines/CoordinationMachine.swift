public import ADO

/// A tree of named nodes, as in ZooKeeper.
public struct CoordinationMachine: TraceMachine {
    /// `coordination`.
    public static let object = "coordination"

    /// Its methods.
    ///
    /// A node needs its parent; one with children is not deleted, nor is the root.
    public static let methods = [
        TraceMethod("create", .text), TraceMethod("write", .text, .value),
        TraceMethod("read", .text), TraceMethod("list", .text), TraceMethod("delete", .text),
    ]

    private var values: [String: TraceValue] = ["/": ""]
    private var children: [String: Set<String>] = [:]

    /// The root alone; a node holds an empty text at first.
    public init() {}

    /// Runs one call.
    public mutating func step(_ call: TraceCall) -> TraceValue {
        let path = Path(call.text(0))
        let exists = values[path.full] != nil
        switch call.method {
        case "read": return values[path.full] ?? .null
        case "list":
            guard exists else { return .null }
            return .list((children[path.full] ?? []).map(TraceValue.string).sorted())
        case "write":
            guard exists else { return false }
            values[path.full] = call.args[1]
        case "create":
            guard !exists, path.isValid, values[path.parent] != nil else { return false }
            values[path.full] = ""
            children[path.parent, default: []].insert(path.name)
        default:
            guard exists, path.full != "/", children[path.full]?.isEmpty != false else {
                return false
            }
            values[path.full] = nil
            children[path.parent]?.remove(path.name)
        }
        return true
    }

    /// One cell for each node, and a property with a cell for each of its children.
    public static func footprint(of call: TraceCall) -> Footprint {
        let path = Path(call.text(0))
        let node = Cell.of("nodes", path.full)
        let children = Cell.property("children of " + path.full)
        switch call.method {
        case "read": return .reads(node)
        case "list": return .reads(node, children)
        case "write": return .changes(node)
        default:
            let entry = Cell.of("children of " + path.parent, path.name)
            let others = call.method == "create" ? Cell.of("nodes", path.parent) : children
            return Footprint(reads: .known([node, others]), writes: .known([node, entry]))
        }
    }
}

/// A path, cut at its last stroke.
private struct Path {
    let full: String
    let parent: String
    let name: String

    init(_ full: String) {
        self.full = full
        let cut = full.lastIndex(of: "/") ?? full.startIndex
        parent = cut == full.startIndex ? "/" : String(full[..<cut])
        name = String(full[cut...].dropFirst())
    }

    var isValid: Bool { full.first == "/" && !name.isEmpty && !full.contains("//") }
}
