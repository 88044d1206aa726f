extension ExplanationGraph {
    /// The graph in the language of Graphviz: a cluster for each log, what explains a reply filled,
    /// and dashed edges to what a caller had seen.
    public var dot: String {
        var lines = [
            "digraph why {", "  rankdir=LR;", "  node [fontname=\"sans-serif\"];",
            "  graph [fontname=\"sans-serif\"];",
        ]
        for (number, object) in logs.enumerated() {
            lines += [
                "  subgraph cluster_\(number) {", "    label=\(Self.quoted("log of \(object)"));",
                "    style=rounded;",
            ]
            lines += nodes.filter { $0.log == number }.map { "    \($0.dot)" }
            lines.append("  }")
        }
        lines += edges.map { edge in
            let style = edge.isSeen ? " [style=dashed, tooltip=\"its caller had seen\"]" : ""
            return "  \(edge.from) -> \(edge.to)\(style);"
        }
        return (lines + ["}"]).joined(separator: "\n") + "\n"
    }

    fileprivate static func quoted(_ text: String) -> String {
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

extension ExplanationGraph.Node {
    fileprivate var dot: String {
        let number = position.map { "\($0)  " } ?? ""
        let text = ExplanationGraph.quoted(number + label.bounded(to: 120))
        var attributes = [look, "label=\(text)"]
        if let title { attributes.append("tooltip=\(ExplanationGraph.quoted(title))") }
        return "\(id) [\(attributes.joined(separator: ", "))];"
    }

    private var look: String {
        switch kind {
        case .reply: "shape=doubleoctagon"
        case .witness: "shape=ellipse"
        case .call: "shape=box, style=filled, fillcolor=\"#fdf0c8\""
        case .seen: "shape=box"
        }
    }
}
