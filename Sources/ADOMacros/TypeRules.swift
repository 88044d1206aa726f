#if Macros
import SwiftSyntax

/// What no log and no snapshot can hold, as far as a type's spelling shows it.
///
/// The rest is the compiler's to find: what is generated demands `BinaryCodable` of each type.
final class TypeRules: SyntaxVisitor {
    private let classes: Set<String>
    private(set) var found: (node: Syntax, problem: Problem)?

    /// - Parameter classes: Names of classes and actors that are known.
    init(classes: Set<String>) {
        self.classes = classes
        super.init(viewMode: .sourceAccurate)
    }

    /// The first part of a type that has no encoding.
    static func problem(
        in type: some SyntaxProtocol, classes: Set<String>
    ) -> (node: Syntax, problem: Problem)? {
        let rules = TypeRules(classes: classes)
        rules.walk(type)
        return rules.found
    }

    private func refuse(
        _ node: some SyntaxProtocol, _ name: String, _ message: String
    ) -> SyntaxVisitorContinueKind {
        if found == nil { found = (Syntax(node), Problem(name, message)) }
        return .skipChildren
    }

    override func visit(_ node: FunctionTypeSyntax) -> SyntaxVisitorContinueKind {
        refuse(node, "closure", "a closure has no encoding, so no log can hold it; pass a value")
    }

    override func visit(_ node: SomeOrAnyTypeSyntax) -> SyntaxVisitorContinueKind {
        if node.someOrAnySpecifier.text == "some" {
            return refuse(
                node.someOrAnySpecifier, "opaque",
                "'some' hides the type, so a log cannot be read; name the type")
        }
        return refuse(
            node.someOrAnySpecifier, "existential",
            "'any' hides the type, so a log cannot be read; name the type, or use an enum")
    }

    override func visit(_ node: CompositionTypeSyntax) -> SyntaxVisitorContinueKind {
        refuse(
            node, "existential",
            "a composition hides the type, so a log cannot be read; name the type, or use an enum")
    }

    override func visit(_ node: IdentifierTypeSyntax) -> SyntaxVisitorContinueKind {
        let name = node.name.text
        if ["Any", "AnyObject", "AnyHashable", "AnyClass"].contains(name) {
            return refuse(
                node, "existential",
                "'\(name)' hides the type, so a log cannot be read; name the type, or use an enum")
        }
        if classes.contains(name) {
            return refuse(
                node, "class",
                "'\(name)' is a class, which replicas would share; use a struct or an enum")
        }
        if name.hasPrefix("Unsafe") || name == "OpaquePointer" || name == "Unmanaged" {
            return refuse(
                node, "pointer", "'\(name)' means something in one process only; pass a value")
        }
        return .visitChildren
    }

    override func visit(_ node: TupleTypeSyntax) -> SyntaxVisitorContinueKind {
        guard node.elements.count != 1 else { return .visitChildren }
        return refuse(node, "tuple", "a tuple has no encoding; make it a struct")
    }

    override func visit(_ node: MetatypeTypeSyntax) -> SyntaxVisitorContinueKind {
        refuse(node, "metatype", "a type has no encoding; use an enum of the types that are meant")
    }

    override func visit(
        _ node: ImplicitlyUnwrappedOptionalTypeSyntax
    ) -> SyntaxVisitorContinueKind {
        refuse(node.exclamationMark, "unwrapped", "write '?': a log holds whether it is nil")
    }

    override func visit(_ node: PackExpansionTypeSyntax) -> SyntaxVisitorContinueKind {
        refuse(node, "variadic", "a log cannot hold a variable number of types; pass an array")
    }
}
#endif
