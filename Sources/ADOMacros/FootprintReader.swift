#if Macros
import SwiftSyntax
import SwiftSyntaxBuilder

/// Cells that a method touches, as its source shows them.
struct TouchedCells {
    /// A cell as generated code spells it: `$n` stands for the n-th argument.
    enum Cell: Hashable {
        case property(String)
        case element(String, argument: Int)
    }

    var reads: Set<Cell> = []
    var writes: Set<Cell> = []
    /// Whether these are all.
    var isKnown = true
}

/// Reads off a method's body which stored properties it may read and write.
///
/// Only what is evident counts: names of stored properties, elements of a dictionary whose key is
/// an argument as it was passed. Anything that may reach the state in another way, such as a call
/// of another method, a computed property, or `self` as a value, makes the footprint unknown.
final class FootprintReader: SyntaxVisitor {
    private let properties: [String: Property]
    private let constants: Set<String>
    private let method: Method
    /// What the type declares besides, which a name may mean.
    private let members: Set<String>
    private let locals: [LocalName]
    private(set) var cells = TouchedCells()

    init(
        _ method: Method, properties: [Property], constants: Set<String>, members: Set<String>
    ) {
        self.method = method
        self.properties = Dictionary(properties.map { ($0.name, $0) }) { first, _ in first }
        self.constants = constants
        self.members = members
        let names = LocalNames(viewMode: .sourceAccurate)
        if let body = method.declaration.body { names.walk(body) }
        locals = names.names
        super.init(viewMode: .sourceAccurate)
        if let body = method.declaration.body { walk(body) }
        if !method.isMutating { cells.writes = [] }
    }

    override func visit(_ node: MemberAccessExprSyntax) -> SyntaxVisitorContinueKind {
        guard let base = node.base else { return .skipChildren }
        guard base.as(DeclReferenceExprSyntax.self)?.baseName.text == "self" else {
            walk(base)
            return .skipChildren
        }
        refer(to: node.declName.baseName.text, by: ExprSyntax(node), isMember: true)
        return .skipChildren
    }

    // What brings scopes of its own that are not worth following.

    override func visit(_ node: MacroExpansionExprSyntax) -> SyntaxVisitorContinueKind { unknown() }
    override func visit(_ node: ClosureCaptureClauseSyntax) -> SyntaxVisitorContinueKind {
        unknown()
    }
    override func visit(_ node: AccessorBlockSyntax) -> SyntaxVisitorContinueKind { unknown() }
    override func visit(_ node: IfConfigDeclSyntax) -> SyntaxVisitorContinueKind { unknown() }
    override func visit(_ node: MemberBlockSyntax) -> SyntaxVisitorContinueKind { unknown() }

    private func unknown() -> SyntaxVisitorContinueKind {
        cells.isKnown = false
        return .skipChildren
    }

    override func visit(_ node: DeclReferenceExprSyntax) -> SyntaxVisitorContinueKind {
        refer(to: node.baseName.text, by: ExprSyntax(node), isMember: false)
        return .skipChildren
    }

    /// `if let name {`, which reads what it binds.
    override func visit(_ node: OptionalBindingConditionSyntax) -> SyntaxVisitorContinueKind {
        guard node.initializer == nil, let name = node.pattern.as(IdentifierPatternSyntax.self)
        else { return .visitChildren }
        let text = name.identifier.text.unquoted
        if isOwn(text, at: name.position) || constants.contains(text) { return .skipChildren }
        if let property = properties[text] {
            cells.reads.insert(.property(property.logged))
        } else {
            cells.isKnown = false
        }
        return .skipChildren
    }

    private func refer(to spelled: String, by node: ExprSyntax, isMember: Bool) {
        let name = spelled.unquoted
        if !isMember, isOwn(name, at: node.position) { return }
        // A method may have the name of a property.
        let isCalled = node.parent?.as(FunctionCallExprSyntax.self)?.calledExpression.id == node.id
        if !isCalled {
            if let property = properties[name] { return touch(property, by: node) }
            if constants.contains(name) { return }
        }
        if !isMember, isType(name, node, isCalled: isCalled) { return }
        cells.isKnown = false
    }

    /// Whether a name is one of a parameter, or introduced by the body, at a position.
    private func isOwn(_ name: String, at position: AbsolutePosition) -> Bool {
        method.parameters.contains { $0.name.unquoted == name } || isLocal(name, at: position)
    }

    /// Whether a name is one of a type, which is called or asked for a member.
    private func isType(_ name: String, _ node: ExprSyntax, isCalled: Bool) -> Bool {
        let isBase = node.parent?.as(MemberAccessExprSyntax.self)?.base?.id == node.id
        return name.first?.isUppercase == true && (isCalled || isBase) && !members.contains(name)
    }

    /// Elsewhere in the body the name may be one of a computed property or a method.
    private func isLocal(_ name: String, at position: AbsolutePosition) -> Bool {
        locals.contains { $0.name == name && $0.scope.contains(position) }
    }

    private func touch(_ property: Property, by node: ExprSyntax) {
        var cell = TouchedCells.Cell.property(property.logged)
        var access = Access(of: node)
        if let element = element(of: property, by: node) {
            cell = .element(property.logged, argument: element.argument)
            access = Access(of: element.node)
        }
        if access.reads { cells.reads.insert(cell) }
        if access.writes { cells.writes.insert(cell) }
    }

    /// The element that an access is confined to: `p[key]`, `p.updateValue(v, forKey: key)` or
    /// `p.removeValue(forKey: key)`, where the key is an argument.
    private func element(
        of property: Property, by node: ExprSyntax
    ) -> (argument: Int, node: ExprSyntax)? {
        guard let key = property.key else { return nil }
        if let access = node.parent?.as(SubscriptCallExprSyntax.self),
            access.calledExpression.id == node.id, let first = access.arguments.first,
            first.label == nil, let argument = argument(first.expression, key)
        {
            return (argument, ExprSyntax(access))
        }
        guard let member = node.parent?.as(MemberAccessExprSyntax.self),
            ["updateValue", "removeValue"].contains(member.declName.baseName.text),
            let call = member.parent?.as(FunctionCallExprSyntax.self),
            let last = call.arguments.last, last.label?.text == "forKey",
            let argument = argument(last.expression, key)
        else { return nil }
        return (argument, ExprSyntax(member))
    }

    private func argument(_ expression: ExprSyntax, _ key: String) -> Int? {
        guard let name = expression.as(DeclReferenceExprSyntax.self)?.baseName.text,
            !locals.contains(where: { $0.name == name })
        else { return nil }
        return method.parameters.firstIndex {
            $0.name == name && spelling(of: TypeSyntax("\(raw: $0.type)")) == key
        }
    }
}

/// How an expression is used.
private struct Access {
    var reads = true
    var writes = false

    init(of node: ExprSyntax) {
        var top = Syntax(node)
        var isCalled = false
        while let parent = top.parent, Self.isPart(top, of: parent) {
            isCalled = isCalled || parent.is(FunctionCallExprSyntax.self)
            top = parent
        }
        let isWhole = top.id == node.id
        if top.parent?.is(InOutExprSyntax.self) == true || isCalled {
            writes = true
        } else if let assigned = Self.assignment(to: top) {
            writes = true
            reads = !(assigned && isWhole)
        }
    }

    /// Whether `node` is what `parent` picks a part of, or calls.
    private static func isPart(_ node: Syntax, of parent: Syntax) -> Bool {
        if let member = parent.as(MemberAccessExprSyntax.self) { return member.base?.id == node.id }
        if let access = parent.as(SubscriptCallExprSyntax.self) {
            return access.calledExpression.id == node.id
        }
        if let call = parent.as(FunctionCallExprSyntax.self) {
            return call.calledExpression.id == node.id
        }
        return parent.is(OptionalChainingExprSyntax.self) || parent.is(ForceUnwrapExprSyntax.self)
    }

    /// Nil unless `node` is on the left of an assignment, alone or in a tuple; whether that is a
    /// plain `=`.
    private static func assignment(to node: Syntax) -> Bool? {
        if let element = node.parent?.as(LabeledExprSyntax.self),
            let tuple = element.parent?.parent?.as(TupleExprSyntax.self)
        {
            return assignment(to: Syntax(tuple))
        }
        if let prefix = node.parent?.as(PrefixOperatorExprSyntax.self) {
            return isPure(prefix.operator) ? nil : false
        }
        if let postfix = node.parent?.as(PostfixOperatorExprSyntax.self) {
            return isPure(postfix.operator) ? nil : false
        }
        guard let list = node.parent?.as(ExprListSyntax.self),
            let position = list.firstIndex(where: { Syntax($0).id == node.id })
        else { return nil }
        if position > list.startIndex,
            let before = list[list.index(before: position)].as(BinaryOperatorExprSyntax.self),
            !isPure(before.operator), !before.operator.text.hasSuffix("=")
        {
            return false
        }
        let next = list.index(after: position)
        guard next < list.endIndex else { return nil }
        if list[next].is(AssignmentExprSyntax.self) { return true }
        guard let symbol = list[next].as(BinaryOperatorExprSyntax.self)?.operator else {
            return nil
        }
        return isPure(symbol) ? nil : false
    }

    /// Operators that are known to change nothing; of others nobody knows.
    private static func isPure(_ symbol: TokenSyntax) -> Bool { pure.contains(symbol.text) }

    private static let pure: Set<String> = [
        "+", "-", "*", "/", "%", "&+", "&-", "&*", "<<", ">>", "&<<", "&>>", "&", "|", "^", "~",
        "!", "&&", "||", "??", "...", "..<", "==", "!=", "<", ">", "<=", ">=", "===", "!==", "~=",
    ]
}
#endif
