public import ADO

/// A vector that grows where it is written.
public struct VectorMachine: TraceMachine {
    /// `vector`.
    public static let object = "vector"

    /// Its methods.
    public static let methods = [
        TraceMethod("insert", .number, .value), TraceMethod("append", .value),
        TraceMethod("get", .number), TraceMethod("count"),
    ]

    /// A vector never has more elements.
    private static let countMax = 1_000_000

    private var elements: [Int: TraceValue] = [:]
    private var count = 0

    /// Empty.
    public init() {}

    /// Runs one call; elements that were skipped read as null.
    public mutating func step(_ call: TraceCall) -> TraceValue {
        switch call.method {
        case "insert": return .bool(put(call.args[1], at: call.number(0)))
        case "append": return .bool(put(call.args[0], at: count))
        case "get": return elements[call.number(0)] ?? .null
        default: return .int(count)
        }
    }

    private mutating func put(_ value: TraceValue, at index: Int) -> Bool {
        guard Self.isValid(index) else { return false }
        elements[index] = value
        count = max(count, index + 1)
        return true
    }

    private static func isValid(_ index: Int) -> Bool { (0..<countMax).contains(index) }

    /// One cell for each element, and one for the count.
    public static func footprint(of call: TraceCall) -> Footprint {
        let count = Cell.property("count")
        switch call.method {
        case "get": return .reads(.of("elements", "\(call.number(0))"))
        case "count": return .reads(count)
        case "append":
            return Footprint(
                reads: .known([count]), writes: .known([count, .property("elements")]))
        default:
            let element = Cell.of("elements", "\(call.number(0))")
            guard isValid(call.number(0)) else { return .reads() }
            return Footprint(
                reads: .known([count]), writes: .known([count, element]), overwrites: [element])
        }
    }
}
