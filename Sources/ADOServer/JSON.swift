/// A JSON value, written without a library that would weigh more than the rest of the program.
public enum JSON: Hashable, Sendable {
    /// Members in the order they are written.
    case object([Member])
    /// Elements.
    case array([JSON])
    /// Text.
    case string(String)
    /// A whole number.
    case number(UInt64)
    /// True or false.
    case bool(Bool)
    /// Nothing.
    case null

    /// A member of an object.
    public struct Member: Hashable, Sendable {
        let name: String
        let value: JSON
    }

    /// An object of members in order.
    static func object(_ members: KeyValuePairs<String, JSON>) -> JSON {
        .object(members.map { Member(name: $0.key, value: $0.value) })
    }
}

extension JSON: CustomStringConvertible {
    /// The value as JSON text, indented by two spaces a level.
    public var description: String {
        var text = ""
        write(to: &text, indent: "")
        return text
    }

    private func write(to text: inout String, indent: String) {
        switch self {
        case .object(let members):
            Self.write(members, "{", "}", to: &text, indent) { member, text, indent in
                Self.write(member.name, to: &text)
                text += ": "
                member.value.write(to: &text, indent: indent)
            }
        case .array(let elements):
            Self.write(elements, "[", "]", to: &text, indent) { element, text, indent in
                element.write(to: &text, indent: indent)
            }
        case .string(let string): Self.write(string, to: &text)
        case .number(let number): text += String(number)
        case .bool(let flag): text += flag ? "true" : "false"
        case .null: text += "null"
        }
    }

    private static func write<Element>(
        _ elements: [Element], _ open: String, _ close: String, to text: inout String,
        _ indent: String, _ one: (Element, inout String, String) -> Void
    ) {
        guard !elements.isEmpty else {
            text += open + close
            return
        }
        let inner = indent + "  "
        text += open
        for (position, element) in elements.enumerated() {
            text += position == 0 ? "\n" : ",\n"
            text += inner
            one(element, &text, inner)
        }
        text += "\n" + indent + close
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
