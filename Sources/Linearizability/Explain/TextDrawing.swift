/// Draws a violation with the signs of a terminal.
struct TextDrawing {
    private static let pitch = 5

    private let drawing: Drawing

    init(_ drawing: Drawing) {
        self.drawing = drawing
    }

    /// The sentence, the lanes, and a line for each operation.
    var text: String {
        var lines = wrap("Not linearizable. " + drawing.title, width: 98)
        lines += wrap(drawing.summary, width: 98) + [""]
        lines += drawing.lanes.map(lane) + [""]
        lines += legend
        return lines.joined(separator: "\n") + "\n"
    }

    private func lane(_ lane: Drawing.Lane) -> String {
        let margin = drawing.lanes.map { "\($0.client)".count }.max() ?? 0
        var signs = [Character](repeating: " ", count: drawing.columns * Self.pitch)
        for bar in lane.bars { draw(bar, on: &signs) }
        let line = "client " + pad("\(lane.client)", margin, leading: true) + "  " + String(signs)
        return line.trimmingSpaces
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

    private var legend: [String] {
        let rows = drawing.bars.map { bar in
            ["\(bar.number)", "client \(bar.client)", bar.times, bar.label, bar.fate]
        }
        let widths = (0..<5).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).enumerated().map { column, cell in
                pad(cell.0, cell.1, leading: column == 0)
            }
            return cells.joined(separator: "  ").trimmingSpaces
        }
    }

    private func pad(_ text: String, _ width: Int, leading: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - text.count))
        return leading ? space + text : text + space
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
