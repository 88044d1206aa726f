public import ADO

/// A key-value store with the nine commands that Redis users know, and compare-and-set.
public struct KVMachine: TraceMachine {
    /// `kv`.
    public static let object = "kv"

    /// Its methods.
    public static let methods = [
        TraceMethod("get", .text), TraceMethod("set", .text, .value), TraceMethod("del", .text),
        TraceMethod("append", .text, .text), TraceMethod("incr", .text),
        TraceMethod("decr", .text), TraceMethod("incrby", .text, .number),
        TraceMethod("decrby", .text, .number), TraceMethod("strlen", .text),
        TraceMethod("cas", .text, .value, .value),
    ]

    private var values: [String: TraceValue] = [:]

    /// An empty store.
    public init() {}

    /// Runs one call.
    public mutating func step(_ call: TraceCall) -> TraceValue {
        let key = call.text(0)
        switch call.method {
        case "get": return values[key] ?? .null
        case "strlen": return .int(text(of: key).utf8.count)
        case "set":
            values[key] = call.args[1]
            return true
        case "del": return .bool(values.removeValue(forKey: key) != nil)
        case "append":
            let longer = text(of: key) + call.text(1)
            values[key] = .string(longer)
            return .int(longer.utf8.count)
        case "incr": return add(1, to: key)
        case "decr": return add(-1, to: key)
        case "incrby": return add(call.number(1), to: key)
        case "decrby":
            // It has no opposite.
            if call.number(1) == .min { return false }
            return add(-call.number(1), to: key)
        default:
            guard values[key] ?? .null == call.args[1] else { return false }
            values[key] = call.args[2]
            return true
        }
    }

    /// A missing key counts from 0; text that is no number cannot be counted.
    private mutating func add(_ number: Int, to key: String) -> TraceValue {
        let value: Int?
        switch values[key] {
        case nil, .null: value = 0
        case .int(let number): value = number
        case .string(let text): value = Int(text)
        case .bool, .list: value = nil
        }
        guard let value else { return false }
        let (sum, overflows) = value.addingReportingOverflow(number)
        if overflows { return false }
        values[key] = .int(sum)
        return .int(sum)
    }

    private func text(of key: String) -> String {
        switch values[key] {
        case nil, .null: ""
        case .string(let text): text
        case .some(let value): value.description
        }
    }

    /// One cell for each key.
    ///
    /// `set` and `del` leave nothing of what was there.
    public static func footprint(of call: TraceCall) -> Footprint {
        let cell = Cell.of("values", call.text(0))
        return switch call.method {
        case "get", "strlen": .reads(cell)
        case "set", "del": .sets(cell)
        default: .changes(cell)
        }
    }
}
