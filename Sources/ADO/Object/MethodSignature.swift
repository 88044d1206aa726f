/// How a method is known to logs: its full name with the types of its arguments.
///
///     let signature = MethodSignature("set(_: String, to: String)")
///     signature.tag           // 0x9967_933a, the same on every machine and for ever
///
/// The tag stands before the arguments in each entry of the log. It depends on nothing but the
/// text, so methods may be reordered and added at will. The text itself is in the log too, once per
/// session: an entry whose method a program does not know is refused by its name.
@frozen
public struct MethodSignature: Sendable, Hashable {
    /// The signature as logs spell it.
    public let text: String

    /// The number that stands for it: FNV-1a of the text's UTF-8, 32 bits.
    public let tag: UInt32

    /// Bytes that a signature may take.
    public static let sizeMax = 1024

    /// Makes the signature that logs spell as `text`.
    public init(_ text: String) {
        self.text = text
        tag = text.utf8.reduce(0x811c_9dc5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    }
}

extension MethodSignature: CustomStringConvertible {
    /// The text.
    public var description: String { text }
}
