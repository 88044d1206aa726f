public import ADO

/// Truth values, all false at first, and formulas over them.
public struct BooleanMachine: TraceMachine {
    /// `boolean`.
    public static let object = "boolean"

    /// Its methods.
    ///
    /// A formula has variables, `&`, `^`, `|`, `!` and parentheses; `!` binds strongest, then `&`,
    /// `^`, `|`.
    public static let methods = [
        TraceMethod("set", .text), TraceMethod("unset", .text), TraceMethod("eval", .text),
    ]

    private var isTrue: Set<String> = []

    /// All false.
    public init() {}

    /// Runs one call; a formula that cannot be read replies null.
    public mutating func step(_ call: TraceCall) -> TraceValue {
        switch call.method {
        case "set": isTrue.insert(call.text(0))
        case "unset": isTrue.remove(call.text(0))
        default:
            return FormulaReader.value(of: call.text(0), isTrue.contains).map { .bool($0) } ?? .null
        }
        return true
    }

    /// One cell for each variable.
    public static func footprint(of call: TraceCall) -> Footprint {
        guard call.method == "eval" else { return .sets(.of("variables", call.text(0))) }
        var cells: Set<Cell> = []
        _ = FormulaReader.value(of: call.text(0)) { name in
            cells.insert(.of("variables", name))
            return false
        }
        return Footprint(reads: .known(cells), writes: .none)
    }
}

/// Reads a formula and its value in one go: the exact search asks a million times.
private struct FormulaReader {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0
    private let isTrue: (String) -> Bool

    /// Nesting deeper than this is not read.
    private static let depthMax = 200

    /// The value, or nil if the text is no formula.
    ///
    /// Every variable is looked up, needed or not.
    static func value(of text: String, _ isTrue: (String) -> Bool) -> Bool? {
        withoutActuallyEscaping(isTrue) { isTrue in
            var reader = FormulaReader(bytes: text.utf8.filter { $0 > 32 }, isTrue: isTrue)
            let value = reader.operation(0)
            return reader.position == reader.bytes.count ? value : nil
        }
    }

    private init(bytes: [UInt8], isTrue: @escaping (String) -> Bool) {
        self.bytes = bytes
        self.isTrue = isTrue
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ sign: UInt8) -> Bool {
        guard next == sign else { return false }
        position += 1
        return true
    }

    /// Operators of one strength, the weakest first: or, exclusive or, and.
    private mutating func operation(_ strength: Int) -> Bool? {
        guard strength < 3 else { return operand() }
        guard var left = operation(strength + 1) else { return nil }
        while take(Self.signs[strength]) {
            guard let right = operation(strength + 1) else { return nil }
            left = strength == 0 ? left || right : strength == 1 ? left != right : left && right
        }
        return left
    }

    private mutating func operand() -> Bool? {
        depth += 1
        defer { depth -= 1 }
        guard depth < Self.depthMax else { return nil }
        if take(UInt8(ascii: "!")) { return operand().map { !$0 } }
        if take(UInt8(ascii: "(")) {
            let inner = operation(0)
            return take(UInt8(ascii: ")")) ? inner : nil
        }
        return variable()
    }

    private mutating func variable() -> Bool? {
        let start = position
        while let byte = next, !Self.isSign(byte) { position += 1 }
        guard start < position else { return nil }
        return isTrue(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private static func isSign(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "!"), UInt8(ascii: "("), UInt8(ascii: ")"): true
        default: signs.contains(byte)
        }
    }

    private static let signs = [UInt8(ascii: "|"), UInt8(ascii: "^"), UInt8(ascii: "&")]
}
