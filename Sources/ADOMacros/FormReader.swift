#if Macros
import SwiftSyntax
import SwiftSyntaxBuilder

/// Finds the forms in which logs may hold a method; see ``Form``.
struct FormReader {
    let problems: Problems

    /// Defaults of one method: each doubles the forms.
    private static let defaultsMax = 4

    func read(
        _ function: FunctionDeclSyntax, _ parameters: [Parameter], _ specialized: [String: String]
    ) -> [Form]? {
        guard let spelled = spelled(function, specialized) else { return nil }
        let defaulted = parameters.indices.filter { parameters[$0].defaultValue != nil }
        guard defaulted.count <= Self.defaultsMax else {
            problems.report(
                Problem(
                    "defaults",
                    "a method has at most \(Self.defaultsMax) arguments with defaults: a log may "
                        + "lack any of them"),
                at: function.name)
            return nil
        }
        var forms: [Form] = []
        for mask in 0..<(1 << defaulted.count) {
            // The last default is the lowest bit: of two readings, the one that lacks later
            // arguments is taken.
            let missing = defaulted.reversed().enumerated()
                .filter { mask & (1 << $0.offset) != 0 }.map(\.element)
            let positions = parameters.indices.filter { !missing.contains($0) }
            let signature = spelled.signature(positions)
            guard !forms.contains(where: { $0.signature == signature }) else { continue }
            forms.append(Form(signature: signature, positions: positions))
        }
        return forms
    }

    /// A signature in parts.
    private struct Spelled {
        let base: String
        let arguments: [String]

        func signature(_ positions: [Int]) -> String {
            base + "(" + positions.map { arguments[$0] }.joined(separator: ", ") + ")"
        }
    }

    private func spelled(
        _ function: FunctionDeclSyntax, _ specialized: [String: String]
    ) -> Spelled? {
        guard let attribute = function.attributes.attribute("Logged"),
            let argument = attribute.expressions.first
        else { return parts(function, Renaming(specialized)) }
        let count = function.signature.parameterClause.parameters.count
        if specialized.isEmpty, let text = argument.expression.literalText {
            let declaration = DeclSyntax("func \(raw: text)").as(FunctionDeclSyntax.self)
            if let declaration, !declaration.hasError, declaration.body == nil,
                declaration.signature.parameterClause.parameters.count == count
            {
                return parts(declaration, Renaming([:]))
            }
        }
        problems.report(
            Problem(
                "logged",
                "write the signature that logs hold, as in \"set(_: String, to: String)\", with as "
                    + "many arguments as the method has; a generic method has none"),
            at: argument.expression)
        return nil
    }

    private func parts(_ function: FunctionDeclSyntax, _ renaming: Renaming) -> Spelled {
        let arguments = function.signature.parameterClause.parameters.map { parameter in
            let type = parameter.type.as(AttributedTypeSyntax.self)?.baseType ?? parameter.type
            let label = parameter.firstName.text.unquoted
            return label + ": " + spelling(of: renaming.rewrite(type))
        }
        return Spelled(base: function.name.text.unquoted, arguments: arguments)
    }
}
#endif
