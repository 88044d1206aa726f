#if Macros
import SwiftSyntax

/// Reads a struct, and reports what about it cannot be replicated.
struct ObjectReader {
    let declaration: StructDeclSyntax
    let attribute: AttributeSyntax
    let problems: Problems

    func read() -> ObjectModel? {
        if let clause = declaration.genericParameterClause {
            problems.report(
                Problem(
                    "genericType",
                    "an object cannot be generic: a log holds one type; name its arguments"),
                at: clause)
        }
        reportConditions()
        let typeName = readTypeName()
        let declared = readDeclared()
        let properties = readProperties(declared)
        let methods = readMethods()
        SignatureCheck(problems: problems).check(methods, of: declaration)
        guard problems.isEmpty, let typeName else { return nil }
        return ObjectModel(
            name: declaration.name.text, typeName: typeName, access: declaration.modifiers.exported,
            methods: named(methods), properties: properties, constants: constants,
            members: memberNames, declared: declared)
    }

    private var members: [DeclSyntax] { declaration.memberBlock.members.map(\.decl) }

    private var classes: Set<String> {
        Set(
            members.compactMap { member in
                member.as(ClassDeclSyntax.self)?.name.text
                    ?? member.as(ActorDeclSyntax.self)?.name.text
            })
    }

    /// What only some builds have would make two builds two types.
    private func reportConditions() {
        for case let condition? in members.map({ $0.as(IfConfigDeclSyntax.self) }) {
            guard let clause = condition.clauses.first else { continue }
            problems.report(
                Problem(
                    "condition",
                    "members under '#if' are not replicated: builds would differ; move them into "
                        + "an extension if they are not meant to be"),
                at: clause.poundKeyword)
        }
    }

    private func readTypeName() -> String? {
        guard let argument = attribute.expressions.first else {
            return declaration.name.text.unquoted
        }
        guard let text = argument.expression.literalText, !text.isEmpty, !text.utf8.contains(0),
            text.utf8.count <= 200
        else {
            problems.report(
                Problem(
                    "typeName",
                    "write the type's name as a literal of 1 to 200 bytes without a zero byte"),
                at: argument.expression)
            return nil
        }
        return text
    }
}

// MARK: - Members

extension ObjectReader {
    private func readDeclared() -> ObjectModel.Declared {
        var declared: ObjectModel.Declared = []
        let functions = members.compactMap { $0.as(FunctionDeclSyntax.self) }
        let writer = functions.first { $0.name.text == "writeState" }
        let reader = functions.first { $0.name.text == "readState" }
        if writer != nil, reader != nil { declared.insert(.state) }
        if let only = writer ?? reader, !declared.contains(.state) {
            problems.report(
                Problem(
                    "state", "'writeState' and 'readState' belong together; write both or neither"),
                at: only.name)
        }
        let initializers = members.compactMap { $0.as(InitializerDeclSyntax.self) }
        if initializers.contains(where: \.takesNothing) {
            declared.insert(.initializer)
        } else if initializers.isEmpty, declaration.modifiers.exported.isEmpty {
            // The compiler's own is visible enough.
            declared.insert(.initializer)
        }
        if members.contains(where: { $0.as(VariableDeclSyntax.self)?.declares("typeName") == true })
        {
            declared.insert(.typeName)
        }
        return declared
    }

    private func readProperties(_ declared: ObjectModel.Declared) -> [Property] {
        let hasInitializer = members.contains {
            $0.as(InitializerDeclSyntax.self)?.takesNothing == true
        }
        let reader = PropertyReader(
            problems: problems, classes: classes, hasInitializer: hasInitializer,
            isEncoded: !declared.contains(.state))
        let properties = members.compactMap { $0.as(VariableDeclSyntax.self) }
            .flatMap(reader.read)
        var names: Set<String> = []
        for property in properties where !names.insert(property.logged).inserted {
            problems.report(
                Problem("property", "two properties are '\(property.logged)' to a snapshot"),
                at: property.pattern)
        }
        return properties
    }

    private var constants: Set<String> {
        let variables = members.compactMap { $0.as(VariableDeclSyntax.self) }
            .filter { $0.bindingSpecifier.text == "let" && !$0.modifiers.has("static") }
        return Set(variables.flatMap { $0.bindings.map(\.pattern.trimmedDescription) })
    }

    private var memberNames: Set<String> {
        let functions = members.compactMap { $0.as(FunctionDeclSyntax.self)?.name.text.unquoted }
        let variables = members.compactMap { $0.as(VariableDeclSyntax.self) }
        let names = variables.flatMap { $0.bindings.map(\.pattern.trimmedDescription.unquoted) }
        return Set(functions + names)
    }

    private func readMethods() -> [Method] {
        let reader = MethodReader(
            object: declaration.name.text, problems: problems, classes: classes)
        let methods = members.compactMap { $0.as(FunctionDeclSyntax.self) }
            .filter(\.isReplicated).flatMap(reader.read)
        if methods.isEmpty, problems.isEmpty {
            problems.report(
                Problem(
                    "empty",
                    "an object needs a method: one in the struct itself that is not private"),
                at: declaration.name)
        }
        return methods
    }

    /// Gives each form a case of its own.
    private func named(_ methods: [Method]) -> [Method] {
        var used: [String: Int] = [:]
        return methods.map { method in
            var method = method
            for position in method.forms.indices {
                let count = used[method.name.unquoted, default: 0] + 1
                used[method.name.unquoted] = count
                method.forms[position].caseName =
                    count == 1 ? method.name : "\(method.name.unquoted)_\(count)"
            }
            return method
        }
    }
}

extension DeclModifierListSyntax {
    func has(_ names: String...) -> Bool { contains { names.contains($0.name.text) } }

    /// `public `, `package ` or nothing.
    var exported: String {
        if has("public", "open") { return "public " }
        return has("package") ? "package " : ""
    }
}

extension FunctionDeclSyntax {
    /// Whether it is a method of the object, and not the program's own affair.
    fileprivate var isReplicated: Bool {
        !modifiers.has("static", "class", "private", "fileprivate")
            && attributes.attribute("NotReplicated") == nil
            && name.text != "writeState"
    }
}

extension InitializerDeclSyntax {
    /// Whether it is the `init()` of the protocol; one with defaults alone is not.
    fileprivate var takesNothing: Bool { signature.parameterClause.parameters.isEmpty }
}

extension VariableDeclSyntax {
    fileprivate func declares(_ name: String) -> Bool {
        bindings.contains { $0.pattern.trimmedDescription == name }
    }
}
#endif
