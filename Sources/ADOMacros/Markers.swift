#if Macros
import SwiftParser
import SwiftSyntax
import SwiftSyntaxMacros

// Attributes that only the expansion of @AtomicObject reads; by themselves they expand to nothing.

struct NotReplicatedMacro: PeerMacro {
    static func expansion(
        of node: AttributeSyntax, providingPeersOf declaration: some DeclSyntaxProtocol,
        in context: some MacroExpansionContext
    ) -> [DeclSyntax] { [] }
}

struct LoggedMacro: PeerMacro {
    static func expansion(
        of node: AttributeSyntax, providingPeersOf declaration: some DeclSyntaxProtocol,
        in context: some MacroExpansionContext
    ) -> [DeclSyntax] { [] }
}

struct SpecializedMacro: PeerMacro {
    static func expansion(
        of node: AttributeSyntax, providingPeersOf declaration: some DeclSyntaxProtocol,
        in context: some MacroExpansionContext
    ) -> [DeclSyntax] { [] }
}

extension AttributeListSyntax {
    /// The attribute of this name, with or without the name of the module.
    func attribute(_ name: String) -> AttributeSyntax? {
        for case .attribute(let attribute) in self {
            let spelled = attribute.attributeName.trimmedDescription
            if spelled == name || spelled == "ADO." + name { return attribute }
        }
        return nil
    }
}

extension AttributeSyntax {
    /// The arguments.
    var expressions: [LabeledExprSyntax] {
        guard case .argumentList(let list) = arguments else { return [] }
        return Array(list)
    }
}

extension ExprSyntax {
    /// The text of a string literal without interpolations.
    var literalText: String? { self.as(StringLiteralExprSyntax.self)?.representedLiteralValue }
}
#endif
