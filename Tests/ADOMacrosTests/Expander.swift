#if Macros
import SwiftDiagnostics
import SwiftParser
import SwiftSyntax
import SwiftSyntaxMacroExpansion
import SwiftSyntaxMacros
import Testing

@testable import ADOMacros

/// Expands the macros of a source text as the compiler would.
struct Expander {
    let text: String
    let diagnostics: [String]

    init(_ source: String) {
        let file = Parser.parse(source: source)
        let context = BasicMacroExpansionContext(
            sourceFiles: [file: .init(moduleName: "Test", fullFilePath: "Test.swift")])
        let expanded = file.expand(
            macroSpecs: [
                "AtomicObject": MacroSpec(
                    type: AtomicObjectMacro.self, conformances: ["DerivedObject"]),
                "NotReplicated": MacroSpec(type: NotReplicatedMacro.self),
                "Logged": MacroSpec(type: LoggedMacro.self),
                "Specialized": MacroSpec(type: SpecializedMacro.self),
            ],
            contextGenerator: {
                BasicMacroExpansionContext(sharingWith: context, lexicalContext: [$0])
            },
            indentationWidth: .spaces(4))
        text = expanded.description
        diagnostics = context.diagnostics.map { Self.describe($0, context) }
    }

    private static func describe(
        _ diagnostic: Diagnostic, _ context: BasicMacroExpansionContext
    ) -> String {
        func place(_ position: AbsolutePosition, _ node: Syntax) -> String {
            let place = context.location(for: position, anchoredAt: node, fileName: "Test.swift")
            return "\(place.line):\(place.column)"
        }
        let token = diagnostic.node.firstToken(viewMode: .sourceAccurate)?.text ?? ""
        let notes = diagnostic.notes.map {
            "\n    \(place($0.position, $0.node)) note: \($0.message)"
        }
        return "\(place(diagnostic.position, diagnostic.node)) at '\(token)': \(diagnostic.message)"
            + notes.joined()
    }
}
#endif
