/// What the pictures have in common: measures in pixels, colours, boxes, texts.
enum SVG {
    static let row = 34
    static let margin = 16
    static let top = 56
    static let column = 380
    static let radius = 13
    /// The room between a box and the next row.
    static let space = 6

    private static let colours = ["#2a78d6", "#1b9e5a", "#b8611b", "#8a4fc4", "#c23b62"]

    static func colour(_ index: Int) -> String { colours[index % colours.count] }

    static func opening(_ title: String, width: Int, height: Int) -> [String] {
        let title = escaped(title)
        return [
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" \
            role="img" aria-label="\(title)">
            """,
            "<title>\(title)</title>", style,
        ]
    }

    static func heading(_ text: String, x: Int, y: Int = 32) -> String {
        "<text class=\"heading\" x=\"\(x)\" y=\"\(y)\">\(escaped(text.bounded(to: 46)))</text>"
    }

    static func box(_ node: ExplanationGraph.Node, x: Int, y: Int) -> String {
        let number = node.position.map { "\($0)  " } ?? ""
        let label = escaped((number + node.label).bounded(to: 46))
        return """
            <g><title>\(escaped(node.title ?? number + node.label))</title>\
            <rect class="\(node.kind.rawValue)" x="\(x)" y="\(y)" width="\(column)" \
            height="\(row - space)" rx="5"/>\
            <text x="\(x + 10)" y="\(y + 19)">\(label)</text></g>
            """
    }

    static func witness(_ sign: String, x: Int, y: Int, _ colour: String) -> String {
        """
        <circle cx="\(x)" cy="\(y)" r="\(radius)" fill="\(colour)"/>\
        <text class="sign" x="\(x)" y="\(y + 4)">\(sign)</text>
        """
    }

    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.map { scalar -> String in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            case "\n": "&#10;"
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
        .sight { stroke: #66645e; stroke-dasharray: 5 4; }
        .tip { fill: #66645e; }
        rect { fill: #f4f3ee; stroke: #c9c6bb; }
        .call { fill: #fdf0c8; stroke: #d1a52a; }
        .reply { fill: #e3edf9; stroke: #2a78d6; }
        @media (prefers-color-scheme: dark) {
        svg { background: #1a1a19; } text { fill: #f1efe8; } .heading { fill: #a3a097; }
        .sight { stroke: #a3a097; } .tip { fill: #a3a097; }
        rect { fill: #2b2a28; stroke: #55534d; } .call { fill: #4a3d14; stroke: #b8922a; }
        .reply { fill: #1d3350; stroke: #5a9ae8; }
        }
        </style>
        """
}

extension String {
    /// At most so many characters, the last of which says if there were more.
    func bounded(to countMax: Int) -> String {
        // Not the count, which looks at all of what may be long.
        index(startIndex, offsetBy: countMax + 1, limitedBy: endIndex) == nil
            ? self : prefix(countMax - 1) + "…"
    }
}
