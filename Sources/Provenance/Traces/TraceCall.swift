/// A call in a recorded trace: `{"method": "set", "args": ["x", 1]}`.
public struct TraceCall: Hashable, Sendable, Codable {
    /// The method's name.
    public let method: String

    /// The arguments in order.
    public let args: [TraceValue]

    /// Makes a call.
    public init(_ method: String, _ args: [TraceValue] = []) {
        self.method = method
        self.args = args
    }

    /// Reads a call; without `args` it has none.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        method = try container.decode(String.self, forKey: .method)
        args = try container.decodeIfPresent([TraceValue].self, forKey: .args) ?? []
    }
}

extension TraceCall: CustomStringConvertible {
    /// The call as one writes it: `set("x", 1)`.
    public var description: String {
        "\(method)(\(args.map(\.description).joined(separator: ", ")))"
    }
}

extension TraceValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral
{
    /// Text.
    public init(stringLiteral text: String) { self = .string(text) }

    /// A whole number.
    public init(integerLiteral number: Int) { self = .int(number) }

    /// True or false.
    public init(booleanLiteral flag: Bool) { self = .bool(flag) }
}
