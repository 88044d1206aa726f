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
    private let locals: [LocalName]
    private(set) var cells = TouchedCells()

    init(_ method: Method, properties: [Property], constants: Set<String>) {
        self.method = method
        self.properties = Dictionary(properties.map { ($0.name, $0) }) { first, _ in first }
        self.constants = constants
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

    override func visit(_ node: DeclReferenceExprSyntax) -> SyntaxVisitorContinueKind {
        refer(to: node.baseName.text, by: ExprSyntax(node), isMember: false)
        return .skipChildren
    }

    override func visit(_ node: MacroExpansionExprSyntax) -> SyntaxVisitorContinueKind {
        cells.isKnown = false
        return .skipChildren
    }

    private func refer(to name: String, by node: ExprSyntax, isMember: Bool) {
        if !isMember, method.parameters.contains(where: { $0.name == name }) { return }
        if let property = properties[name] { return touch(property, by: node) }
        if constants.contains(name) { return }
        if !isMember, isLocal(name, at: node.position) || name.first?.isUppercase == true { return }
        cells.isKnown = false
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
        guard let list = node.parent?.as(ExprListSyntax.self),
            let position = list.firstIndex(where: { Syntax($0).id == node.id })
        else { return nil }
        let next = list.index(after: position)
        guard next < list.endIndex else { return nil }
        if list[next].is(AssignmentExprSyntax.self) { return true }
        guard let symbol = list[next].as(BinaryOperatorExprSyntax.self)?.operator.text else {
            return nil
        }
        let comparisons = ["==", "!=", "<=", ">=", "===", "!==", "~="]
        return symbol.hasSuffix("=") && !comparisons.contains(symbol) ? false : nil
    }
}
#endif
