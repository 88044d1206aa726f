#if Macros
import SwiftSyntax

/// Writes the members that make a struct an object.
struct MemberWriter {
    let model: ObjectModel

    var members: [String] {
        let typeName = model.declared.contains(.typeName) ? [] : [self.typeName]
        let start = model.declared.contains(.initializer) ? [] : [initializer]
        let state = model.declared.contains(.state) ? [] : [writeState, readState]
        let method = MethodWriter(model: model)
        let calls = CallWriter(model: model)
        return typeName + start + [method.type, method.apply] + state
            + [calls.factories, calls.invocation, calls.calling]
    }

    private var typeName: String {
        """
        /// The name of the type in logs.
        \(model.access)static let typeName = \(model.typeName.literal)
        """
    }

    private var initializer: String {
        """
        /// Makes the object as it is before the first method.
        \(model.access)init() {}
        """
    }

    /// In the order of their names, so that moving a property changes no byte.
    private var properties: [Property] {
        model.properties.sorted { $0.logged.utf8.lexicographicallyPrecedes($1.logged.utf8) }
    }

    private var writeState: String {
        let fields = properties.map { "    writer.field(\($0.logged.literal), self.\($0.name))" }
        return """
            /// Appends the stored properties by their names.
            \(model.access)func writeState(to writer: inout ADO.Writer) {
                writer.namedFields(\(properties.count))
            \(fields.joined(separator: "\n"))
            }
            """
    }

    private var readState: String {
        let cases = properties.map {
            """
                    case \($0.logged.literal):
                        try fields.read(&state.\($0.name), from: &reader)
            """
        }
        let keyword = properties.isEmpty ? "let" : "var"
        return """
            /// Reads stored properties; one that is missing keeps the value of a new object.
            \(model.access)static func readState(
                from reader: inout ADO.Reader
            ) throws(ADO.DecodingFailure) -> \(model.name) {
                \(keyword) state = \(model.name)()
                var fields = try ADO.NamedFields(&reader)
                while let name = try fields.next(&reader) {
                    switch name {
            \(cases.joined(separator: "\n"))
                    default:
                        throw .unknownProperty(name)
                    }
                }
                return state
            }
            """
    }
}
#endif
