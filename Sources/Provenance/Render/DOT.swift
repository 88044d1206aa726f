extension ExplanationGraph {
    /// The graph in the language of Graphviz.
    public var dot: String {
        var lines = [
            "digraph why {", "  rankdir=LR;", "  node [fontname=\"sans-serif\"];",
        ]
        for node in nodes {
            let number = node.position.map { "\($0)  " } ?? ""
            let label = Self.quoted(number + node.label)
            lines.append("  \(node.id) [shape=\(Self.shape(of: node.kind)), label=\(label)];")
        }
        lines += edges.map { "  \($0.from) -> \($0.to);" }
        return (lines + ["}"]).joined(separator: "\n") + "\n"
    }

    private static func shape(of kind: Kind) -> String {
        switch kind {
        case .reply: "doubleoctagon"
        case .witness: "ellipse"
        case .call: "box"
        }
    }

    private static func quoted(_ text: String) -> String {
        let escaped = text.map { character -> String in
            switch character {
            case "\"", "\\": "\\\(character)"
            case "\n", "\r\n": "\\n"
            default: String(character)
            }
        }
        return "\"" + escaped.joined() + "\""
    }
}
