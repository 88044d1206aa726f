#if Macros
import SwiftSyntax

/// Reads a method of a struct: one, or one for each type that a generic method is specialized for.
struct MethodReader {
    let object: String
    let problems: Problems
    let classes: Set<String>

    func read(_ function: FunctionDeclSyntax) -> [Method] {
        let known = problems.diagnostics.count
        reportEffects(function)
        reportModifiers(function)
        reportResult(function)
        for parameter in function.signature.parameterClause.parameters { report(parameter) }
        let specializations = Specializations(problems: problems, classes: classes).read(function)
        guard problems.diagnostics.count == known else { return [] }
        return specializations.compactMap { method(function, specialized: $0) }
    }

    private func method(_ function: FunctionDeclSyntax, specialized: [String: String]) -> Method? {
        let renaming = Renaming(specialized.merging(["Self": object]) { own, _ in own })
        let parameters = function.signature.parameterClause.parameters.map { parameter in
            Parameter(
                label: parameter.firstName.text.label,
                name: (parameter.secondName ?? parameter.firstName).text,
                type: renaming(plainType(parameter.type)),
                defaultValue: parameter.defaultValue.map { renaming($0.value) })
        }
        let forms = FormReader(problems: problems).read(function, parameters, specialized)
        guard let forms else { return nil }
        return Method(
            declaration: function, name: function.name.text, parameters: parameters,
            result: resultType(function).map { renaming($0) },
            failure: failureType(function).map { renaming($0) },
            access: function.modifiers.exported, isMutating: function.modifiers.has("mutating"),
            forms: forms)
    }

    private func resultType(_ function: FunctionDeclSyntax) -> TypeSyntax? {
        guard let type = function.signature.returnClause?.type else { return nil }
        let isVoid = ["Void", "Swift.Void", "()"].contains(type.trimmedDescription)
        return isVoid ? nil : type
    }

    private func failureType(_ function: FunctionDeclSyntax) -> TypeSyntax? {
        guard let type = function.signature.effectSpecifiers?.throwsClause?.type,
            type.trimmedDescription != "Never"
        else { return nil }
        return type
    }
}

// MARK: - What cannot be replicated

extension MethodReader {
    private func reportEffects(_ function: FunctionDeclSyntax) {
        let effects = function.signature.effectSpecifiers
        if let token = effects?.asyncSpecifier {
            problems.report(
                Problem(
                    "async",
                    "a method of an object cannot be 'async': each replica runs it to its end, in "
                        + "the order of the log"),
                at: token)
        }
        guard let clause = effects?.throwsClause else { return }
        if clause.throwsSpecifier.text == "rethrows" {
            problems.report(
                Problem("rethrows", "a method of an object takes no closure, so it cannot rethrow"),
                at: clause.throwsSpecifier)
        } else if let type = clause.type {
            report(type)
        } else {
            problems.report(
                Problem(
                    "throws",
                    "name the error, as in 'throws(Refusal)': it is part of the log's results, and "
                        + "must be BinaryCodable"),
                at: clause.throwsSpecifier)
        }
    }

    private func reportModifiers(_ function: FunctionDeclSyntax) {
        for modifier in function.modifiers where modifier.name.text == "consuming" {
            problems.report(
                Problem("consuming", "an object outlives its methods, so none can consume it"),
                at: modifier)
        }
    }

    private func reportResult(_ function: FunctionDeclSyntax) {
        if let type = resultType(function) { report(type) }
    }

    private func report(_ parameter: FunctionParameterSyntax) {
        if let ellipsis = parameter.ellipsis {
            problems.report(
                Problem(
                    "variadic", "a call in a log has a fixed number of arguments; pass an array"),
                at: ellipsis)
        }
        if let attributed = parameter.type.as(AttributedTypeSyntax.self) {
            for case .simpleTypeSpecifier(let specifier) in attributed.specifiers {
                report(specifier.specifier)
            }
        }
        report(plainType(parameter.type))
    }

    private func report(_ specifier: TokenSyntax) {
        switch specifier.text {
        case "inout":
            problems.report(
                Problem(
                    "inout",
                    "an argument comes from the log, so it cannot be 'inout'; return the new "
                        + "value, or mark the method @NotReplicated"),
                at: specifier)
        case "isolated":
            problems.report(
                Problem("isolated", "an argument comes from the log, which belongs to no actor"),
                at: specifier)
        default: return
        }
    }

    private func report(_ type: TypeSyntax) {
        guard let found = TypeRules.problem(in: type, classes: classes) else { return }
        problems.report(found.problem, at: found.node)
    }

    /// A parameter's type without specifiers and attributes, which say how it is passed.
    private func plainType(_ type: TypeSyntax) -> TypeSyntax {
        type.as(AttributedTypeSyntax.self)?.baseType ?? type
    }
}
#endif
