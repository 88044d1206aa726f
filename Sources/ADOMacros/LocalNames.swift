#if Macros
import SwiftSyntax

/// A name that a body introduces, and where it means that.
struct LocalName {
    let name: String
    let scope: Range<AbsolutePosition>
}

/// Collects the names that a body introduces.
final class LocalNames: SyntaxVisitor {
    private(set) var names: [LocalName] = []

    override func visit(_ node: IdentifierPatternSyntax) -> SyntaxVisitorContinueKind {
        add(node.identifier, from: Self.start(of: node), in: Syntax(node))
        return .skipChildren
    }

    override func visit(_ node: ClosureShorthandParameterSyntax) -> SyntaxVisitorContinueKind {
        add(node.name, from: node.position, in: Syntax(node))
        return .skipChildren
    }

    override func visit(_ node: ClosureParameterSyntax) -> SyntaxVisitorContinueKind {
        add(node.secondName ?? node.firstName, from: node.position, in: Syntax(node))
        return .visitChildren
    }

    override func visit(_ node: FunctionParameterSyntax) -> SyntaxVisitorContinueKind {
        add(node.secondName ?? node.firstName, from: node.position, in: Syntax(node))
        return .visitChildren
    }

    /// A function may be called before it is declared.
    override func visit(_ node: FunctionDeclSyntax) -> SyntaxVisitorContinueKind {
        if let block = node.parent.flatMap(Self.scope) {
            let name = node.name.text.unquoted
            names.append(LocalName(name: name, scope: block.position..<block.endPosition))
        }
        return .visitChildren
    }

    private func add(_ token: TokenSyntax, from start: AbsolutePosition, in node: Syntax) {
        let name = token.text.unquoted
        guard let scope = Self.scope(of: node), start < scope.endPosition else { return }
        guard let guarding = Self.condition(of: node)?.parent?.parent?.as(GuardStmtSyntax.self)
        else {
            names.append(LocalName(name: name, scope: start..<scope.endPosition))
            return
        }
        // Not in its own else.
        let others = guarding.conditions.endPosition
        names.append(LocalName(name: name, scope: start..<max(start, others)))
        if guarding.endPosition < scope.endPosition {
            names.append(
                LocalName(name: name, scope: guarding.endPosition..<scope.endPosition))
        }
    }

    /// From where on a pattern's names are known: not yet in the value that they are made of.
    private static func start(of pattern: IdentifierPatternSyntax) -> AbsolutePosition {
        let source = Syntax(pattern).firstParent {
            $0.is(PatternBindingSyntax.self) || $0.is(ConditionElementSyntax.self)
                || $0.is(ForStmtSyntax.self) || $0.is(CodeBlockItemSyntax.self)
        }
        if let loop = source?.as(ForStmtSyntax.self) { return loop.sequence.endPosition }
        guard let source, !source.is(CodeBlockItemSyntax.self) else { return pattern.endPosition }
        return source.endPosition
    }

    /// The condition that introduces a name, if one does.
    private static func condition(of node: Syntax) -> ConditionElementSyntax? {
        node.firstParent { parent in
            parent.is(ConditionElementSyntax.self) || parent.is(ClosureExprSyntax.self)
                || parent.is(CodeBlockSyntax.self) || parent.is(SwitchCaseSyntax.self)
        }?.as(ConditionElementSyntax.self)
    }

    /// The innermost part of the source in which a name that is introduced at `node` is known.
    private static func scope(of node: Syntax) -> Syntax? {
        let isCondition = condition(of: node) != nil
        let found = node.firstParent { parent in
            if parent.is(IfExprSyntax.self) || parent.is(WhileStmtSyntax.self) {
                return isCondition
            }
            return parent.is(CodeBlockSyntax.self) || parent.is(ClosureExprSyntax.self)
                || parent.is(SwitchCaseSyntax.self) || parent.is(CatchClauseSyntax.self)
                || parent.is(ForStmtSyntax.self) || parent.is(FunctionDeclSyntax.self)
        }
        // What is bound for a branch is not known in the other.
        if let branch = found?.as(IfExprSyntax.self) { return Syntax(branch.body) }
        return found
    }
}

extension Syntax {
    fileprivate func firstParent(where isWanted: (Syntax) -> Bool) -> Syntax? {
        var next = parent
        while let parent = next {
            if isWanted(parent) { return parent }
            next = parent.parent
        }
        return nil
    }
}
#endif
