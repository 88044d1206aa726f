public import ADO

/// Relations of one column, and unions and differences of them.
public struct RelationsMachine: TraceMachine {
    /// `relations`.
    public static let object = "relations"

    /// Its methods.
    ///
    /// A query is a name, `(e union e)` or `(e minus e)`.
    public static let methods = [
        TraceMethod("insert", .text, .value), TraceMethod("delete", .text, .value),
        TraceMethod("query", .text),
    ]

    private var relations: [String: Set<TraceValue>] = [:]

    /// All empty.
    public init() {}

    /// Runs one call; a query that cannot be read replies null.
    public mutating func step(_ call: TraceCall) -> TraceValue {
        switch call.method {
        case "insert":
            return .bool(relations[call.text(0), default: []].insert(call.args[1]).inserted)
        case "delete":
            return .bool(relations[call.text(0), default: []].remove(call.args[1]) != nil)
        default:
            guard let query = Query(call.text(0)) else { return .null }
            return .list(query.rows { relations[$0] ?? [] }.sorted())
        }
    }

    /// One property for each relation, one cell for each row.
    public static func footprint(of call: TraceCall) -> Footprint {
        guard call.method == "query" else {
            return .sets(.of("relation " + call.text(0), call.args[1].description))
        }
        let names = Query(call.text(0))?.names ?? []
        return Footprint(
            reads: .known(Set(names.map { .property("relation " + $0) })), writes: .none)
    }
}

/// An expression over relations.
private indirect enum Query {
    case name(String)
    case union(Query, Query)
    case minus(Query, Query)

    /// Nesting deeper than this is not read.
    private static let depthMax = 200

    init?(_ text: String) {
        let spaced = text.map { $0 == "(" || $0 == ")" ? " \($0) " : String($0) }.joined()
        var words = spaced.split(whereSeparator: \.isWhitespace)[...]
        guard let query = Self.read(&words, 0), words.isEmpty else { return nil }
        self = query
    }

    private static func read(_ words: inout ArraySlice<Substring>, _ depth: Int) -> Query? {
        guard depth < depthMax, let word = words.popFirst() else { return nil }
        guard word == "(" else { return word == ")" ? nil : .name(String(word)) }
        guard let left = read(&words, depth + 1), let sign = words.popFirst(),
            let right = read(&words, depth + 1), words.popFirst() == ")"
        else { return nil }
        switch sign {
        case "union": return .union(left, right)
        case "minus": return .minus(left, right)
        default: return nil
        }
    }

    var names: Set<String> {
        switch self {
        case .name(let name): [name]
        case .union(let left, let right), .minus(let left, let right):
            left.names.union(right.names)
        }
    }

    func rows(_ relation: (String) -> Set<TraceValue>) -> Set<TraceValue> {
        switch self {
        case .name(let name): relation(name)
        case .union(let left, let right): left.rows(relation).union(right.rows(relation))
        case .minus(let left, let right): left.rows(relation).subtracting(right.rows(relation))
        }
    }
}
