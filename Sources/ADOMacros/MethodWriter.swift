#if Macros
import SwiftSyntax

/// Writes the type of an object's methods, and the function that runs one.
struct MethodWriter {
    let model: ObjectModel

    private var access: String { model.access }

    private var forms: [(method: Method, form: Form)] {
        model.methods.flatMap { method in method.forms.map { (method, $0) } }
    }

    var type: String {
        """
        /// A method of the object together with its arguments.
        \(access)struct Method: ADO.ObjectMethod, Swift.Hashable {
            enum _Form: Swift.Sendable {
        \(cases)
            }

            let _form: _Form

        \(indented(signatures, isReadOnly, signature, footprint, write, read, equality))
        }
        """
    }

    private func indented(_ members: String...) -> String {
        members.map { member in
            member.split(separator: "\n", omittingEmptySubsequences: false)
                .map { $0.isEmpty ? "" : "    " + $0 }.joined(separator: "\n")
        }
        .joined(separator: "\n\n")
    }

    private var cases: String {
        forms.map { method, form in
            let types = form.positions.map { method.parameters[$0].type }
            let payload = types.isEmpty ? "" : "(" + types.joined(separator: ", ") + ")"
            return "        case \(form.caseName)\(payload)"
        }
        .joined(separator: "\n")
    }

    private var signatures: String {
        let list = model.methods.map {
            "    ADO.MethodSignature(\($0.forms[0].signature.literal)),"
        }
        return """
            /// The signatures of all methods.
            \(access)static let signatures: [ADO.MethodSignature] = [
            \(list.joined(separator: "\n"))
            ]
            """
    }
}

// MARK: - Properties

extension MethodWriter {
    private var isReadOnly: String {
        let cases = forms.map { "    case .\($1.caseName): \(!$0.isMutating)" }
        return """
            /// Whether the method changes nothing.
            \(access)var isReadOnly: Swift.Bool {
                switch _form {
            \(cases.joined(separator: "\n"))
                }
            }
            """
    }

    private var signature: String {
        let cases = forms.map {
            "    case .\($1.caseName): ADO.MethodSignature(\($1.signature.literal))"
        }
        return """
            /// How logs and explanations call the method.
            \(access)var signature: ADO.MethodSignature? {
                switch _form {
            \(cases.joined(separator: "\n"))
                }
            }
            """
    }

    private var footprint: String {
        let cases = forms.map { method, form in
            FootprintWriter(model: model, method: method, form: form).text
        }
        return """
            /// What the method may look at and change.
            \(access)var footprint: ADO.Footprint {
                switch _form {
            \(cases.joined(separator: "\n"))
                }
            }
            """
    }
}

// MARK: - Encoding

extension MethodWriter {
    private var write: String {
        let cases = forms.map { _, form in
            let values = form.positions.map { "\n        writer.value(p\($0))" }
            return """
                    case \(pattern(form)):
                        writer.u32(\(hexadecimal(form.tag)))\(values.joined())
                """
        }
        return """
            /// Appends the tag and the arguments.
            \(access)func write(to writer: inout ADO.Writer) {
                switch _form {
            \(cases.joined(separator: "\n"))
                }
            }
            """
    }

    private var read: String {
        let cases = forms.map { method, form in
            let values = form.positions.map {
                "try reader.value(\(metatype(method.parameters[$0].type)))"
            }
            let payload = values.isEmpty ? "" : "(" + values.joined(separator: ", ") + ")"
            return """
                    case \(hexadecimal(form.tag)):
                        return Self(_form: .\(form.caseName)\(payload))
                """
        }
        return """
            /// Reads a tag and the arguments.
            \(access)static func read(
                from reader: inout ADO.Reader
            ) throws(ADO.DecodingFailure) -> Self {
                let tag = try reader.u32()
                switch tag {
            \(cases.joined(separator: "\n"))
                default:
                    throw .unknownTag(tag)
                }
            }
            """
    }

    private var equality: String {
        """
        /// Whether two calls are the same to a log.
        \(access)static func == (left: Self, right: Self) -> Swift.Bool {
            left.encoded() == right.encoded()
        }

        /// Hashes what a log would hold.
        \(access)func hash(into hasher: inout Swift.Hasher) {
            hasher.combine(encoded())
        }
        """
    }

    private func metatype(_ type: String) -> String {
        let isName = type.allSatisfy { $0.isLetter || $0.isNumber || "_.".contains($0) }
        return isName ? type + ".self" : "(\(type)).self"
    }

    fileprivate func pattern(_ form: Form) -> String {
        let names = form.positions.map { "let p\($0)" }
        return "." + form.caseName + (names.isEmpty ? "" : "(\(names.joined(separator: ", ")))")
    }
}

// MARK: - Running

extension MethodWriter {
    var apply: String {
        let cases = forms.map { method, form in
            "    case \(pattern(form)):\n" + run(method, form)
        }
        return """
            /// Runs one method and appends its result.
            \(access)mutating func apply(
                _ method: Method, result: inout ADO.Writer
            ) throws(ADO.MethodFailure) {
                switch method._form {
            \(cases.joined(separator: "\n"))
                }
            }
            """
    }

    private func run(_ method: Method, _ form: Form) -> String {
        let arguments = form.positions.map { position in
            let label = method.parameters[position].label
            return (label == "_" ? "" : label + ": ") + "p\(position)"
        }
        let call = "self.\(method.name)(\(arguments.joined(separator: ", ")))"
        guard let failure = method.failure else {
            return "        " + (method.result == nil ? call : "result.value(\(call))")
        }
        let statement = method.result == nil ? "try " + call : "result.value(try \(call))"
        // A failure must leave no trace, whatever the method did before it.
        let copy = method.isMutating ? "        let before = self\n" : ""
        let restore = method.isMutating ? "            self = before\n" : ""
        return """
            \(copy)        do throws(\(failure)) {
                        \(statement)
                    } catch {
            \(restore)            throw ADO.MethodFailure(error)
                    }
            """
    }
}
#endif
