/// Draws a violation with the signs of a terminal.
struct TextDrawing {
    private static let pitch = 5

    private let drawing: Drawing

    init(_ drawing: Drawing) {
        self.drawing = drawing
    }

    /// The sentence, the lanes, and a line for each operation.
    var text: String {
        var lines = wrap("Not linearizable. " + drawing.title, width: 94)
        lines += wrap(drawing.summary, width: 94) + [""]
        lines += drawing.lanes.map(lane) + [""]
        lines += drawing.legend
        return lines.joined(separator: "\n") + "\n"
    }

    private func lane(_ lane: Drawing.Lane) -> String {
        let margin = drawing.lanes.map { "\($0.client)".count }.max() ?? 0
        var signs = [Character](repeating: " ", count: drawing.columns * Self.pitch)
        for bar in lane.bars { draw(bar, on: &signs) }
        let line =
            "client " + padded("\(lane.client)", to: margin, leading: true) + "  " + String(signs)
        return trimmed(line)
    }

    private func draw(_ bar: Drawing.Bar, on signs: inout [Character]) {
        let first = bar.first * Self.pitch
        let last = bar.last.map { $0 * Self.pitch } ?? signs.count - 1
        let line: Character = bar.isUnplaceable ? "═" : bar.last == nil ? "╌" : "─"
        for column in first...last { signs[column] = line }
        signs[first] = bar.isUnplaceable ? "╞" : "├"
        signs[last] = bar.last == nil ? "?" : bar.isUnplaceable ? "╡" : "┤"
        for (offset, digit) in "\(bar.number)".enumerated() { signs[first + 1 + offset] = digit }
    }
}
