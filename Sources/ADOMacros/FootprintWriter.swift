#if Macros
import SwiftSyntax

/// Writes the footprint of one form of a method.
struct FootprintWriter {
    let model: ObjectModel
    let method: Method
    let form: Form

    var text: String {
        let cells = FootprintReader(
            method, properties: model.properties, constants: model.constants,
            members: model.members
        ).cells
        let used = cells.reads.union(cells.writes)
        let names = form.positions.map { position in
            cells.isKnown && used.contains { $0.argument == position } ? "let p\(position)" : "_"
        }
        let isBound = names.contains { $0 != "_" }
        let payload = isBound ? "(" + names.joined(separator: ", ") + ")" : ""
        return """
                case .\(form.caseName)\(payload):
                    ADO.Footprint(reads: \(list(cells, \.reads)), writes: \(writes(cells)))
            """
    }

    private func writes(_ cells: TouchedCells) -> String {
        method.isMutating ? list(cells, \.writes) : ".none"
    }

    private func list(_ cells: TouchedCells, _ which: KeyPath<TouchedCells, Set<TouchedCells.Cell>>)
        -> String
    {
        guard cells.isKnown else { return ".unknown" }
        let texts = cells[keyPath: which].map(spelled).sorted()
        return texts.isEmpty ? ".none" : ".known([" + texts.joined(separator: ", ") + "])"
    }

    private func spelled(_ cell: TouchedCells.Cell) -> String {
        switch cell {
        case .element(let name, let argument) where form.positions.contains(argument):
            method.parameters[argument].type == "String"
                ? ".element(\(name.literal), of: p\(argument))"
                : ".element(\(name.literal), key: p\(argument).encoded())"
        // The key is a default that this form does not hold.
        case .property(let name), .element(let name, argument: _):
            ".property(\(name.literal))"
        }
    }
}

extension TouchedCells.Cell {
    var argument: Int? {
        if case .element(_, let argument) = self { argument } else { nil }
    }
}
#endif
