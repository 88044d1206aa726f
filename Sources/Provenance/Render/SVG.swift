extension ExplanationGraph {
    /// The graph as a picture that stands by itself.
    ///
    /// One log: in its order on the left, the calls of each witness joined in the middle, the reply
    /// on the right. Several: a column for each, the earliest entry at the top, and dashed lines to
    /// what a caller had seen. It follows the reader's light or dark scheme, and has no part
    /// outside itself.
    public var svg: String {
        logs.count > 1 ? LogsDrawing(self).text : LogDrawing(self).text
    }
}

/// Places and draws the parts of a graph of one log.
private struct LogDrawing {
    private let graph: ExplanationGraph
    private let calls: [ExplanationGraph.Node]
    /// The earliest at the top, as the log is, so that few lines cross.
    private let witnesses: [ExplanationGraph.Node]
    private let width: Int
    private let height: Int

    private static let row = SVG.row
    private static let margin = SVG.margin
    private static let top = SVG.top
    private static let column = SVG.column
    private static let gap = 150

    init(_ graph: ExplanationGraph) {
        self.graph = graph
        calls = graph.nodes.filter { $0.kind == .call || $0.kind == .seen }
        witnesses = graph.witnesses.reversed()
        width = 2 * Self.margin + 2 * Self.column + 2 * Self.gap
        height = Self.top + max(calls.count, witnesses.count, 1) * Self.row + Self.margin
    }

    var text: String {
        var parts =
            SVG.opening(graph.reply.label, width: width, height: height) + [
                SVG.heading("log of \(graph.object)", x: Self.margin),
                SVG.heading("reply", x: width - Self.margin - Self.column),
            ]
        parts += witnesses.indices.flatMap(links)
        parts += calls.indices.map { SVG.box(calls[$0], x: Self.margin, y: callY($0)) }
        parts += witnesses.indices.map(witness)
        parts.append(SVG.box(graph.reply, x: width - Self.margin - Self.column, y: replyY))
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
        let colour = SVG.colour(index)
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
        let colour = SVG.colour(index)
        let sign = graph.calls(of: witness).count > 1 ? "and" : ""
        return SVG.witness(sign, x: witnessX, y: y, colour)
    }
}
