#if Macros
import SwiftSyntax

/// Writes the factories of typed calls, and what `invoke` and `call` are for the object.
struct CallWriter {
    let model: ObjectModel

    private var access: String { model.access }

    var factories: String {
        """
        /// A method of the object, and the type of its result.
        \(access)struct MethodCall<_Result: ADO.BinaryCodable>: Swift.Sendable {
            /// The call, for whatever takes calls of any object.
            \(access)let call: ADO.Call<\(model.name), _Result>

        \(model.methods.map(factory).joined(separator: "\n\n"))
        }
        """
    }

    private func factory(_ method: Method) -> String {
        let list = method.parameters.map { parameter in
            let name = parameter.label == parameter.name.unquoted ? "" : " " + parameter.name
            let value = parameter.defaultValue.map { " = " + $0 } ?? ""
            return "\(parameter.label)\(name): \(parameter.type)\(value)"
        }
        let parameters =
            list.isEmpty
            ? "" : "\n        " + list.joined(separator: ", ") + "\n    "
        let values = method.parameters.map(\.name).joined(separator: ", ")
        let payload = values.isEmpty ? "" : "(\(values))"
        let form = "Method(_form: .\(method.forms[0].caseName)\(payload))"
        let result = "-> Self where _Result == " + (method.result ?? "ADO.Nothing")
        return """
            \(documentation(method))\
                \(method.access)static func \(method.name)(\(parameters)) \(result) {
                    Self(call: ADO.Call(\(form)))
                }
            """
    }

    private func documentation(_ method: Method) -> String {
        method.declaration.leadingTrivia.pieces.compactMap { piece in
            switch piece {
            case .docLineComment(let text), .docBlockComment(let text): "    " + text + "\n"
            default: nil
            }
        }
        .joined()
    }

    var invocation: String {
        """
        /// What `invoke(.\(example))` calls.
        \(access)struct Invocation: ADO.DerivedInvocation {
            private let target: any ADO.InvocationTarget<\(model.name)>

            /// Makes one that hands calls to `target`.
            \(access)init(_ target: any ADO.InvocationTarget<\(model.name)>) {
                self.target = target
            }

            /// Runs a method and returns its result.
            @discardableResult
            \(access)func callAsFunction<_Result: ADO.BinaryCodable>(
                _ call: MethodCall<_Result>
            ) throws(ADO.InvokeFailure) -> _Result {
                try target.invoke(call.call)
            }
        }
        """
    }

    var calling: String {
        """
        /// What `call(.\(example))` calls.
        \(access)struct Calling: ADO.DerivedCalling {
            private let target: any ADO.CallTarget<\(model.name)>

            /// Makes one that hands calls to `target`.
            \(access)init(_ target: any ADO.CallTarget<\(model.name)>) {
                self.target = target
            }

            /// Runs a method as often as the policy says and returns its result.
            @discardableResult
            \(access)func callAsFunction<_Result: ADO.BinaryCodable>(
                _ call: MethodCall<_Result>, policy: ADO.CallPolicy = .standard
            ) async throws(ADO.CallFailure) -> _Result {
                try await target.call(call.call, policy: policy)
            }
        }
        """
    }

    private var example: String { (model.methods.first?.name ?? "") + "(…)" }
}
#endif
