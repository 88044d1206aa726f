extension ExplanationGraph {
    /// The graph as a picture that stands by itself: the log in its order on the left, the calls of
    /// each witness joined in the middle, the reply on the right.
    ///
    /// It follows the reader's light or dark scheme, and has no part outside itself.
    public var svg: String {
        SVGDrawing(self).text
    }
}

/// Places and draws the parts of a graph.
private struct SVGDrawing {
    private let graph: ExplanationGraph
    private let calls: [ExplanationGraph.Node]
    /// The earliest at the top, as the log is, so that few lines cross.
    private let witnesses: [ExplanationGraph.Node]
    private let width: Int
    private let height: Int

    private static let row = 34
    private static let margin = 16
    private static let top = 56
    private static let column = 380
    private static let gap = 150
    private static let colours = ["#2a78d6", "#1b9e5a", "#b8611b", "#8a4fc4", "#c23b62"]

    init(_ graph: ExplanationGraph) {
        self.graph = graph
        calls = graph.nodes.filter { $0.kind == .call }
        witnesses = graph.witnesses.reversed()
        width = 2 * Self.margin + 2 * Self.column + 2 * Self.gap
        height = Self.top + max(calls.count, witnesses.count, 1) * Self.row + Self.margin
    }

    var text: String {
        let title = Self.escaped(graph.reply.label)
        var parts = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" \
            role="img" aria-label="\(title)">
            """,
            "<title>\(title)</title>", Self.style,
            heading("log of \(graph.object)", x: Self.margin),
            heading("reply", x: width - Self.margin - Self.column),
        ]
        parts += witnesses.indices.flatMap(links)
        parts += calls.indices.map { box(calls[$0], x: Self.margin, y: callY($0)) }
        parts += witnesses.indices.map(witness)
        parts.append(box(graph.reply, x: width - Self.margin - Self.column, y: replyY))
        return (parts + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    private func callY(_ index: Int) -> Int { Self.top + index * Self.row }

    private func spread(_ index: Int, of count: Int) -> Int {
        Self.top + (2 * index + 1) * (height - Self.top - Self.margin) / (2 * count) - Self.row / 2
    }

    private func witnessY(_ index: Int) -> Int { spread(index, of: witnesses.count) }

    private var replyY: Int { spread(0, of: 1) }

    private var witnessX: Int { Self.margin + Self.column + Self.gap }

    private func links(ofWitness index: Int) -> [String] {
        let witness = witnesses[index]
        let colour = Self.colours[index % Self.colours.count]
        let own = Set(graph.calls(of: witness).map(\.id))
        let fromCalls = calls.indices.filter { own.contains(calls[$0].id) }.map {
            link(
                from: (Self.margin + Self.column, callY($0)), to: (witnessX, witnessY(index)),
                colour)
        }
        let end = (width - Self.margin - Self.column, replyY)
        return fromCalls + [link(from: (witnessX, witnessY(index)), to: end, colour)]
    }

    private func link(from: (x: Int, y: Int), to: (x: Int, y: Int), _ colour: String) -> String {
        let (start, end) = (from.y + Self.row / 2 - 2, to.y + Self.row / 2 - 2)
        let middle = (from.x + to.x) / 2
        return """
            <path d="M\(from.x) \(start)C\(middle) \(start) \(middle) \(end) \(to.x) \(end)" \
            stroke="\(colour)"/>
            """
    }

    private func witness(_ index: Int) -> String {
        let witness = witnesses[index]
        let y = witnessY(index) + Self.row / 2 - 2
        let colour = Self.colours[index % Self.colours.count]
        let sign = graph.calls(of: witness).count > 1 ? "and" : ""
        return """
            <circle cx="\(witnessX)" cy="\(y)" r="13" fill="\(colour)"/>\
            <text class="sign" x="\(witnessX)" y="\(y + 4)">\(sign)</text>
            """
    }

    private func heading(_ text: String, x: Int) -> String {
        "<text class=\"heading\" x=\"\(x)\" y=\"32\">\(Self.escaped(text))</text>"
    }

    private func box(_ node: ExplanationGraph.Node, x: Int, y: Int) -> String {
        let number = node.position.map { "\($0)  " } ?? ""
        let label = Self.escaped(Self.short(number + node.label))
        return """
            <rect class="\(node.kind.rawValue)" x="\(x)" y="\(y)" width="\(Self.column)" \
            height="\(Self.row - 6)" rx="5"/>\
            <text x="\(x + 10)" y="\(y + 19)">\(label)</text>
            """
    }

    /// At most as much as fits a box.
    private static func short(_ text: String) -> String {
        text.count > 48 ? text.prefix(47) + "…" : text
    }

    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.map { scalar -> String in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            case _ where scalar.value < 32: "\u{fffd}"
            default: String(scalar)
            }
        }.joined()
    }

    private static let style = """
        <style>
        text { font: 13px ui-monospace, monospace; fill: #1d1d1b; }
        .heading { font: 600 13px system-ui, sans-serif; fill: #66645e; }
        .sign { font: 600 10px system-ui, sans-serif; fill: #fff; text-anchor: middle; }
        path { fill: none; stroke-width: 2; }
        rect { fill: #f4f3ee; stroke: #c9c6bb; }
        .reply { fill: #e3edf9; stroke: #2a78d6; }
        @media (prefers-color-scheme: dark) {
        svg { background: #1a1a19; } text { fill: #f1efe8; } .heading { fill: #a3a097; }
        rect { fill: #2b2a28; stroke: #55534d; } .reply { fill: #1d3350; stroke: #5a9ae8; }
        }
        </style>
        """
}
