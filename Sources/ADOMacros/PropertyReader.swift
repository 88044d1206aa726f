#if Macros
import SwiftSyntax
import SwiftSyntaxBuilder

/// Reads the stored properties of a struct.
struct PropertyReader {
    let problems: Problems
    /// Classes that are declared inside of the struct.
    let classes: Set<String>
    /// Whether the struct says itself how it begins.
    let hasInitializer: Bool
    /// Whether the state's encoding is generated.
    let isEncoded: Bool

    func read(_ variable: VariableDeclSyntax) -> [Property] {
        guard !variable.modifiers.has("static", "class") else { return [] }
        let stored = variable.bindings.filter { isStored($0) }
        guard !stored.isEmpty else { return [] }
        reportStorage(variable)
        let isConstant = variable.bindingSpecifier.text == "let"
        return stored.compactMap { binding in
            guard let name = readName(binding) else { return nil }
            reportType(binding)
            reportStart(binding, isConstant: isConstant)
            // A constant is what init() makes it, so it is no part of the state.
            guard !isConstant else { return nil }
            return Property(
                name: name, logged: logged(variable) ?? name.unquoted, pattern: binding.pattern,
                key: keyType(binding))
        }
    }

    private func isStored(_ binding: PatternBindingSyntax) -> Bool {
        switch binding.accessorBlock?.accessors {
        case nil: return true
        case .getter: return false
        case .accessors(let list):
            let observers = list.filter {
                ["willSet", "didSet"].contains($0.accessorSpecifier.text)
            }
            guard let observer = observers.first else { return false }
            problems.report(
                Problem(
                    "observer",
                    "a stored property of an object has no observers: they would run when a "
                        + "snapshot is read; make it a method"),
                at: observer.accessorSpecifier)
            return true
        }
    }

    private func readName(_ binding: PatternBindingSyntax) -> String? {
        if let pattern = binding.pattern.as(IdentifierPatternSyntax.self) {
            return pattern.identifier.text
        }
        problems.report(
            Problem("pattern", "declare each stored property by itself, so that it has a name"),
            at: binding.pattern)
        return nil
    }

    private func reportStorage(_ variable: VariableDeclSyntax) {
        for modifier in variable.modifiers {
            switch modifier.name.text {
            case "lazy":
                problems.report(
                    Problem(
                        "lazy", "a lazy property changes when it is read; give it a value at once"),
                    at: modifier)
            case "weak", "unowned":
                problems.report(
                    Problem(
                        "class",
                        "a reference to a class would be shared by replicas; use a struct or an "
                            + "enum"),
                    at: modifier)
            default: continue
            }
        }
        for case .attribute(let attribute) in variable.attributes {
            let name = attribute.attributeName.trimmedDescription
            guard name.first?.isUppercase == true, name != "Logged", name != "ADO.Logged" else {
                continue
            }
            problems.report(
                Problem(
                    "wrapper",
                    "'@\(name)' may hide what is stored; a stored property of an object is plain"),
                at: attribute)
        }
    }

    private func reportType(_ binding: PatternBindingSyntax) {
        let problem: (node: Syntax, problem: Problem)?
        if let type = binding.typeAnnotation?.type {
            problem = TypeRules.problem(in: type, classes: classes)
        } else if let call = binding.initializer?.value.as(FunctionCallExprSyntax.self),
            let name = call.calledExpression.as(DeclReferenceExprSyntax.self),
            classes.contains(name.baseName.text)
        {
            problem = TypeRules.problem(in: TypeSyntax("\(name.trimmed)"), classes: classes)
                .map { (Syntax(name), $0.problem) }
        } else {
            problem = nil
        }
        if let problem { problems.report(problem.problem, at: problem.node) }
    }

    private func reportStart(_ binding: PatternBindingSyntax, isConstant: Bool) {
        if hasInitializer || binding.initializer != nil { return }
        if !isConstant, binding.typeAnnotation?.type.is(OptionalTypeSyntax.self) == true { return }
        problems.report(
            Problem(
                "start",
                "an object begins as its init() makes it; give '\(binding.pattern.trimmed)' a "
                    + "value, or write an init()"),
            at: binding.pattern)
    }

    private func logged(_ variable: VariableDeclSyntax) -> String? {
        guard let attribute = variable.attributes.attribute("Logged"),
            let argument = attribute.expressions.first
        else { return nil }
        guard let text = argument.expression.literalText, !text.isEmpty else {
            problems.report(
                Problem("logged", "write the name that snapshots hold, as a literal"),
                at: argument.expression)
            return nil
        }
        return text
    }

    /// Types of keys that are equal only if their encoded forms are.
    ///
    /// The cells of strings see to that themselves. Of another type nobody knows.
    private static let keyTypes: Set<String> = [
        "String", "Bool", "Int", "Int8", "Int16", "Int32", "Int64", "UInt", "UInt8", "UInt16",
        "UInt32", "UInt64",
    ]

    private func keyType(_ binding: PatternBindingSyntax) -> String? {
        let dictionary = binding.typeAnnotation?.type.as(DictionaryTypeSyntax.self)
        return dictionary.map { spelling(of: $0.key) }.flatMap {
            Self.keyTypes.contains($0) ? $0 : nil
        }
    }
}
#endif
