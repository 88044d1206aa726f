#if Macros
import SwiftSyntax

/// Sees to it that a tag in a log stands for one form of one method.
struct SignatureCheck {
    let problems: Problems

    /// Bytes that a signature may take, as `MethodSignature.sizeMax` says.
    private static let sizeMax = 1024

    func check(_ methods: [Method], of declaration: StructDeclSyntax) {
        var known: [UInt32: (form: Form, method: Method)] = [:]
        for method in methods {
            for form in method.forms {
                if form.signature.utf8.count > Self.sizeMax {
                    problems.report(
                        Problem(
                            "signature",
                            "a signature takes at most \(Self.sizeMax) bytes; give it a shorter "
                                + "one with @Logged(as:)"),
                        at: method.declaration.name)
                }
                if let other = known[form.tag] {
                    report(method, form, collidesWith: other.form, of: other.method)
                } else {
                    known[form.tag] = (form, method)
                }
            }
        }
    }

    private func report(
        _ method: Method, _ form: Form, collidesWith other: Form, of otherMethod: Method
    ) {
        let message =
            form.signature == other.signature
            ? "'\(form.signature)' in a log could be either of two methods; name one of them "
                + "otherwise with @Logged(as:), or drop a default"
            : "the tags of '\(form.signature)' and '\(other.signature)' are equal by chance; name "
                + "one of them otherwise with @Logged(as:)"
        problems.report(
            Problem("tag", message), at: method.declaration.name,
            seeAlso: Syntax(otherMethod.declaration.name), "the other method is here")
    }
}
#endif
