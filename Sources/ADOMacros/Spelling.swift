#if Macros
import SwiftSyntax

/// How a type is spelled in signatures: its tokens, with a space only between two words.
///
/// Layout and comments of the source must not show in a log.
func spelling(of type: some SyntaxProtocol) -> String {
    var text = ""
    for token in type.tokens(viewMode: .sourceAccurate) {
        if let last = text.last, let next = token.text.first, isWord(last), isWord(next) {
            text += " "
        }
        text += token.text
    }
    return text
}

private func isWord(_ sign: Character) -> Bool { sign.isLetter || sign.isNumber || sign == "_" }

/// Replaces names by others, token by token: `Self`, which means something else inside of a nested
/// type, and the parameters of a generic method.
final class Renaming: SyntaxRewriter {
    private let names: [String: String]

    init(_ names: [String: String]) {
        self.names = names
        super.init()
    }

    override func visit(_ token: TokenSyntax) -> TokenSyntax {
        guard let name = names[token.text] else { return token }
        return token.with(\.tokenKind, .identifier(name))
    }

    func callAsFunction(_ node: some SyntaxProtocol) -> String {
        rewrite(node).trimmedDescription
    }
}

/// FNV-1a, 32 bits: what `MethodSignature.tag` is at run time.
func tag(of signature: String) -> UInt32 {
    signature.utf8.reduce(0x811c_9dc5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
}

/// A tag as generated code spells it.
func hexadecimal(_ tag: UInt32) -> String {
    let digits = String(tag, radix: 16)
    return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
}

extension String {
    /// The name without the backticks that an identifier may need.
    var unquoted: String { filter { $0 != "`" } }

    /// The name as an argument label, which needs backticks for few words only.
    var label: String {
        ["inout", "let", "var"].contains(unquoted) ? "`\(unquoted)`" : unquoted
    }

    /// The text as a string literal.
    var literal: String { String(reflecting: self) }
}
#endif
