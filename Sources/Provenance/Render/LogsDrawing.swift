/// Places and draws the parts of a graph of several logs.
///
/// A column for each log, and a row for each node, so that a line along a row meets no other box.
/// Left of each column there is a gutter: next to the boxes the witnesses, each in a lane, then
/// tracks for the lines from log to log, one for each line.
struct LogsDrawing {
    private let graph: ExplanationGraph
    private let rows: [ExplanationGraph.Node]
    private let row: [String: Int]
    private let lane: [String: Int]
    private let columns: [Int]
    private let tracks: [Int]
    private let width: Int

    private static let laneMax = 6
    private static let laneWidth = 2 * SVG.radius + 8
    private static let trackWidth = 10
    private static let aside = 7
    private static let half = (SVG.row - SVG.space) / 2

    init(_ graph: ExplanationGraph) {
        self.graph = graph
        rows = RowOrder(graph).nodes
        row = Dictionary(
            uniqueKeysWithValues: rows.enumerated().map { ($0.element.id, $0.offset) })
        let byID = Dictionary(uniqueKeysWithValues: graph.nodes.map { ($0.id, $0) })
        let witnesses = graph.logs.indices.map { log in
            graph.witnesses.filter { $0.log == log }.map(\.id)
        }
        lane = Dictionary(
            uniqueKeysWithValues: witnesses.flatMap { ids in
                ids.enumerated().map { ($0.element, $0.offset % Self.laneMax) }
            })
        let sights = graph.edges.filter(\.isSeen).map { edge in
            Self.gutter(from: byID[edge.from]?.log ?? 0, to: byID[edge.to]?.log ?? 0)
        }
        var x = SVG.margin
        var columns: [Int] = []
        var tracks: [Int] = []
        for log in 0...graph.logs.count {
            tracks.append(x)
            x += (sights.count { $0 == log } + 1) * Self.trackWidth
            guard log < graph.logs.count else { break }
            x += min(witnesses[log].count, Self.laneMax) * Self.laneWidth + Self.trackWidth
            columns.append(x)
            x += SVG.column
        }
        self.columns = columns
        self.tracks = tracks
        width = x + SVG.margin
    }

    var text: String {
        let height = SVG.top + (rows.count + 1) * SVG.row + SVG.margin
        var parts = SVG.opening(graph.reply.label, width: width, height: height)
        parts += graph.logs.indices.map {
            SVG.heading("log of \(graph.logs[$0])", x: columns[$0])
        }
        parts += sights
        parts += graph.edges.filter { !$0.isSeen }.compactMap(cause)
        parts += rows.map(drawn)
        let legend = "solid: needs it; dashed: its caller saw it"
        parts.append(SVG.heading(legend, x: columns[0], y: height - SVG.margin - 8))
        return (parts + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    // MARK: Places

    /// The gutter beside the column that a line leads to, on the side that it comes from.
    private static func gutter(from: Int, to: Int) -> Int { from < to ? to : to + 1 }

    private func node(_ id: String) -> ExplanationGraph.Node? { row[id].map { rows[$0] } }

    private func top(_ id: String) -> Int { SVG.top + (row[id] ?? 0) * SVG.row }

    private func middle(_ id: String) -> Int { top(id) + Self.half }

    private func witnessX(_ witness: ExplanationGraph.Node) -> Int {
        let lane = lane[witness.id] ?? 0
        return columns[witness.log] - Self.trackWidth - lane * Self.laneWidth - Self.laneWidth / 2
    }

    // MARK: Parts

    private func drawn(_ node: ExplanationGraph.Node) -> String {
        guard node.kind == .witness else {
            return SVG.box(node, x: columns[node.log], y: top(node.id))
        }
        let sign = graph.calls(of: node).count > 1 ? "and" : ""
        return SVG.witness(sign, x: witnessX(node), y: middle(node.id), colour(of: node.id))
    }

    private func colour(of witness: String) -> String {
        SVG.colour(graph.witnesses.firstIndex { $0.id == witness } ?? 0)
    }

    /// From a witness up to a call, or down to the reply: along the lane, then to the box.
    private func cause(_ edge: ExplanationGraph.Edge) -> String? {
        let isReply = node(edge.to)?.kind == .witness
        let (circle, box) = isReply ? (edge.to, edge.from) : (edge.from, edge.to)
        guard let witness = node(circle), let end = node(box) else { return nil }
        let x = witnessX(witness)
        let y = middle(box)
        return """
            <path d="M\(x) \(middle(circle))C\(x) \(y) \(x) \(y) \(columns[end.log]) \(y)" \
            stroke="\(colour(of: circle))"/>
            """
    }

    private var sights: [String] {
        var used: [Int: Int] = [:]
        return graph.edges.filter(\.isSeen).compactMap { edge in
            guard let from = node(edge.from), let to = node(edge.to) else { return nil }
            let gutter = Self.gutter(from: from.log, to: to.log)
            used[gutter, default: 0] += 1
            let x = tracks[gutter] + (used[gutter] ?? 0) * Self.trackWidth
            return sight(from, to, track: x)
        }
    }

    /// Along the row of the call to a track, up the track, and along the other row to its box: out
    /// below the middle and in above it, so that no line lies on another.
    private func sight(
        _ from: ExplanationGraph.Node, _ to: ExplanationGraph.Node, track: Int
    ) -> String {
        let isRightward = from.log < to.log
        let start = columns[from.log] + (isRightward ? SVG.column : 0)
        let end = columns[to.log] + (isRightward ? 0 : SVG.column)
        let (leaving, y) = (middle(from.id) + Self.aside, middle(to.id) - Self.aside)
        let tip = isRightward ? -7 : 7
        return """
            <path class="sight" d="M\(start) \(leaving)H\(track)V\(y)H\(end + tip)"/>\
            <path class="tip" d="M\(end) \(y)l\(tip) -4v8z"/>
            """
    }
}
