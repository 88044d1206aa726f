#if Macros
import SwiftSyntax
import SwiftSyntaxBuilder

/// Reads the types for which a generic method is written to the log.
///
/// A log is read without the caller's types, so a generic method stands for a fixed list of
/// methods, one for each type that `@Specialized` names.
struct Specializations {
    let problems: Problems
    let classes: Set<String>

    /// What the generic parameter stands for, in each specialization; one without any for a method
    /// that is not generic.
    func read(_ function: FunctionDeclSyntax) -> [[String: String]] {
        let attribute = function.attributes.attribute("Specialized")
        guard let clause = function.genericParameterClause else {
            if let attribute {
                problems.report(
                    Problem("specialized", "the method is not generic; remove '@Specialized'"),
                    at: attribute)
            }
            return [[:]]
        }
        guard let attribute else {
            problems.report(
                Problem(
                    "generic",
                    "a log does not hold what a generic method is called with; name the types, as "
                        + "in '@Specialized(for: Int.self, String.self)'"),
                at: clause)
            return []
        }
        guard clause.parameters.count == 1, let parameter = clause.parameters.first,
            parameter.specifier == nil
        else {
            problems.report(
                Problem("specialized", "a specialized method has one generic parameter"), at: clause
            )
            return []
        }
        return attribute.expressions.compactMap { argument in
            type(argument.expression).map { [parameter.name.text: $0] }
        }
    }

    private func type(_ expression: ExprSyntax) -> String? {
        guard let access = expression.as(MemberAccessExprSyntax.self),
            access.declName.baseName.text == "self", let base = access.base
        else {
            problems.report(
                Problem("specialized", "name a type, as in 'Int.self'"), at: expression)
            return nil
        }
        let type = TypeSyntax("\(raw: base.trimmedDescription)")
        if let found = TypeRules.problem(in: type, classes: classes) {
            problems.report(found.problem, at: base)
            return nil
        }
        return spelling(of: type)
    }
}
#endif
