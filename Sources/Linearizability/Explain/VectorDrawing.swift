/// Draws a violation as SVG that needs nothing else: no fonts, scripts or style sheets of others.
struct VectorDrawing {
    private static let margin = 16
    private static let rowHeight = 34
    private static let lineHeight = 18
    /// Wide enough for any sign of the monospaced font at its size.
    private static let signWidth = 8

    private let drawing: Drawing
    private let heading: [String]
    private let laneLabelWidth: Int
    private let pitch: Int

    init(_ drawing: Drawing) {
        self.drawing = drawing
        heading =
            wrap("Not linearizable. " + drawing.title, width: 100)
            + wrap(drawing.summary, width: 100)
        let digits = drawing.lanes.map { "\($0.client)".count }.max() ?? 0
        laneLabelWidth = Self.margin + (digits + 9) * Self.signWidth
        pitch = max(36, 720 / max(1, drawing.columns))
    }

    /// The whole image.
    var svg: String {
        let parts = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"\(width)\" "
                + "height=\"\(height)\" viewBox=\"0 0 \(width) \(height)\">",
            "<title>\(escape(drawing.title))</title>", Self.style,
            "<rect class=\"ground\" width=\"\(width)\" height=\"\(height)\"/>",
        ]
        let lines = parts + headingLines + zip(drawing.lanes, 0...).flatMap(lane) + legendLines
        return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    // MARK: Measures

    private var lanesTop: Int { 2 * Self.margin + heading.count * Self.lineHeight }
    private var legendTop: Int {
        lanesTop + drawing.lanes.count * Self.rowHeight + Self.margin
    }
    private var height: Int { legendTop + drawing.bars.count * Self.lineHeight + Self.margin }
    private var lanesEnd: Int { laneLabelWidth + drawing.columns * pitch }
    private var width: Int {
        let signs = (heading + drawing.legend).map(\.count).max() ?? 0
        return max(lanesEnd, Self.margin + signs * Self.signWidth) + Self.margin
    }

    // MARK: Parts

    private var headingLines: [String] {
        zip(heading, 1...).map { line, number in
            text(line, x: Self.margin, y: Self.margin + number * Self.lineHeight, "strong")
        }
    }

    private func lane(_ lane: Drawing.Lane, row: Int) -> [String] {
        let top = lanesTop + row * Self.rowHeight
        let middle = top + Self.rowHeight / 2
        let label = text("client \(lane.client)", x: Self.margin, y: middle + 5, "label")
        let rule =
            "<line class=\"rule\" x1=\"\(laneLabelWidth)\" x2=\"\(lanesEnd)\" "
            + "y1=\"\(middle)\" y2=\"\(middle)\"/>"
        return [label, rule] + lane.bars.flatMap { self.bar($0, top: top + 4) }
    }

    private func bar(_ bar: Drawing.Bar, top: Int) -> [String] {
        let left = laneLabelWidth + bar.first * pitch
        let right = bar.last.map { laneLabelWidth + $0 * pitch + pitch / 2 } ?? lanesEnd
        let room = (right - left - 8) / Self.signWidth
        let full = "\(bar.number) \(bar.label)"
        let caption = full.count <= room ? full : "\(bar.number)"
        let style = bar.isUnplaceable ? "wrong" : bar.isPlaced ? "placed" : "idle"
        let dash = bar.last == nil ? " dashed" : ""
        return [
            "<g><title>\(escape("\(bar.label), \(bar.times), \(bar.fate)"))</title>",
            "<rect class=\"\(style)\(dash)\" x=\"\(left)\" y=\"\(top)\" width=\"\(right - left)\" "
                + "height=\"\(Self.rowHeight - 8)\" rx=\"4\"/>",
            text(caption, x: left + 6, y: top + Self.rowHeight / 2 + 1, "caption"), "</g>",
        ]
    }

    private var legendLines: [String] {
        zip(zip(drawing.bars, drawing.legend), 1...).map { entry, number in
            let y = legendTop + number * Self.lineHeight
            return text(entry.1, x: Self.margin, y: y, entry.0.isUnplaceable ? "strong" : "label")
        }
    }

    private func text(_ text: String, x: Int, y: Int, _ style: String) -> String {
        "<text xml:space=\"preserve\" class=\"\(style)\" x=\"\(x)\" y=\"\(y)\">"
            + "\(escape(text))</text>"
    }

    private static let style = """
        <style>
        text { font: 13px ui-monospace, Menlo, Consolas, monospace; fill: #1f2328; }
        .strong { font-weight: bold; }
        .ground { fill: #ffffff; }
        .rule { stroke: #d0d7de; }
        .placed { fill: #ddf4ff; stroke: #0969da; }
        .idle { fill: #eaeef2; stroke: #6e7781; }
        .dashed { stroke-dasharray: 5 3; }
        .wrong { fill: #ffebe9; stroke: #cf222e; stroke-width: 2.5; }
        @media (prefers-color-scheme: dark) {
        text { fill: #e6edf3; }
        .ground { fill: #0d1117; }
        .rule { stroke: #30363d; }
        .placed { fill: #0c2d6b; stroke: #58a6ff; }
        .idle { fill: #21262d; stroke: #8b949e; }
        .wrong { fill: #67060c; stroke: #ff7b72; }
        }
        </style>
        """
}
