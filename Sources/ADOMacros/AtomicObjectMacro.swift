#if Macros
import SwiftSyntax
import SwiftSyntaxBuilder
import SwiftSyntaxMacros

/// Expands `@AtomicObject`.
///
/// What it writes is what one would write by hand: the methods as an enum with its encoding, the
/// function that runs one, the encoding of the state, and factories of typed calls.
struct AtomicObjectMacro: MemberMacro, ExtensionMacro {
    /// Writes the members, or says why it cannot.
    static func expansion(
        of node: AttributeSyntax, providingMembersOf declaration: some DeclGroupSyntax,
        conformingTo protocols: [TypeSyntax], in context: some MacroExpansionContext
    ) throws -> [DeclSyntax] {
        let problems = Problems()
        let model = model(of: declaration, node, problems)
        for diagnostic in problems.diagnostics { context.diagnose(diagnostic) }
        guard let model else { return [] }
        return MemberWriter(model: model).members.map { DeclSyntax("\(raw: $0)") }
    }

    /// Writes the conformance.
    static func expansion(
        of node: AttributeSyntax, attachedTo declaration: some DeclGroupSyntax,
        providingExtensionsOf type: some TypeSyntaxProtocol, conformingTo protocols: [TypeSyntax],
        in context: some MacroExpansionContext
    ) throws -> [ExtensionDeclSyntax] {
        // What is wrong was said by the other role.
        guard !protocols.isEmpty, model(of: declaration, node, Problems()) != nil else {
            return []
        }
        let text = "extension \(type.trimmedDescription): ADO.DerivedObject {}"
        return [DeclSyntax("\(raw: text)").as(ExtensionDeclSyntax.self)].compactMap(\.self)
    }

    private static func model(
        of declaration: some DeclGroupSyntax, _ node: AttributeSyntax, _ problems: Problems
    ) -> ObjectModel? {
        guard let declaration = declaration.as(StructDeclSyntax.self) else {
            problems.report(
                Problem(
                    "struct",
                    "an object is a struct: replicas and speculative states are copies of it"),
                at: declaration.introducer)
            return nil
        }
        return ObjectReader(declaration: declaration, attribute: node, problems: problems).read()
    }
}
#endif
