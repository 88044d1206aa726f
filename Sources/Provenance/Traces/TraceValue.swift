/// A value in a recorded trace: an argument or a reply.
public enum TraceValue: Hashable, Sendable {
    /// Nothing, such as what is read of something missing.
    case null
    /// True or false.
    case bool(Bool)
    /// A whole number.
    case int(Int)
    /// Text.
    case string(String)
    /// Values in order.
    case list([TraceValue])
}

extension TraceValue: Comparable {
    /// Nothing, then truth values, numbers, texts by their bytes, lists.
    public static func < (left: TraceValue, right: TraceValue) -> Bool {
        switch (left, right) {
        case (.bool(let left), .bool(let right)): !left && right
        case (.int(let left), .int(let right)): left < right
        case (.string(let left), .string(let right)):
            left.utf8.lexicographicallyPrecedes(right.utf8)
        case (.list(let left), .list(let right)): left.lexicographicallyPrecedes(right)
        default: left.rank < right.rank
        }
    }

    private var rank: Int {
        switch self {
        case .null: 0
        case .bool: 1
        case .int: 2
        case .string: 3
        case .list: 4
        }
    }
}

extension TraceValue: CustomStringConvertible {
    /// The value as in JSON, but that only quotation marks and backslashes in texts are escaped.
    public var description: String {
        switch self {
        case .null: "null"
        case .bool(let flag): "\(flag)"
        case .int(let number): "\(number)"
        case .string(let text): "\"" + text.map(Self.escaped).joined() + "\""
        case .list(let elements): "[" + elements.map(\.description).joined(separator: ", ") + "]"
        }
    }

    private static func escaped(_ character: Character) -> String {
        switch character {
        case "\"", "\\": "\\\(character)"
        case "\0": "\\0"
        case "\n": "\\n"
        default: String(character)
        }
    }
}

extension TraceValue: Codable {
    /// Reads one value; refuses numbers that are not whole, and objects.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .bool(flag)
        } else if let number = try? container.decode(Int.self) {
            self = .int(number)
        } else if let text = try? container.decode(String.self) {
            self = .string(text)
        } else {
            self = .list(try container.decode([TraceValue].self))
        }
    }

    /// Writes one value.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let flag): try container.encode(flag)
        case .int(let number): try container.encode(number)
        case .string(let text): try container.encode(text)
        case .list(let elements): try container.encode(elements)
        }
    }
}
