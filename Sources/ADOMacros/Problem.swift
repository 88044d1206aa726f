#if Macros
import SwiftDiagnostics
import SwiftSyntax
import SwiftSyntaxMacros

/// What keeps a declaration from being replicated: one sentence, and the remedy.
struct Problem: DiagnosticMessage {
    let name: String
    let message: String

    init(_ name: String, _ message: String) {
        self.name = name
        self.message = message
    }

    var diagnosticID: MessageID { MessageID(domain: "ADOMacros", id: name) }
    var severity: DiagnosticSeverity { .error }
}

/// Where the other half of a problem is.
struct Place: NoteMessage {
    let message: String
    var noteID: MessageID { MessageID(domain: "ADOMacros", id: "place") }
}

/// Collects the problems of one declaration.
final class Problems {
    private(set) var diagnostics: [Diagnostic] = []

    func report(
        _ problem: Problem, at node: some SyntaxProtocol, seeAlso other: Syntax? = nil,
        _ place: String = ""
    ) {
        let notes = other.map { [Note(node: $0, message: Place(message: place))] } ?? []
        diagnostics.append(Diagnostic(node: Syntax(node), message: problem, notes: notes))
    }

    var isEmpty: Bool { diagnostics.isEmpty }
}
#endif
