/// The timeline as text: a row per half second, a bar for the throughput, the events beside it.
struct Chart {
    static let rowMilliseconds = 500
    static let barWidth = 36

    struct Row: Equatable {
        var t_ms: Int
        var opsPerSecond: Double
        var p99_us: UInt64
        var failed: UInt64
        var unknown: UInt64
        var shed: UInt64 = 0
        var events: [String]
    }

    let rows: [Row]

    init(_ points: [Timeline.Point], events: [RunReport.Event]) {
        let perRow = Self.rowMilliseconds / Int(Window.nanoseconds / 1_000_000)
        rows = stride(from: 0, to: points.count, by: perRow).map { start in
            let part = points[start..<min(start + perRow, points.count)]
            let from = part[start].t_ms
            let here = events.filter {
                Int($0.t_ms) >= from && Int($0.t_ms) < from + Self.rowMilliseconds
            }
            let seconds = Double(part.count) * Double(Window.nanoseconds) / 1e9
            return Row(
                t_ms: from, opsPerSecond: Double(part.reduce(0) { $0 + $1.ok }) / seconds,
                p99_us: part.map(\.p99_us).max() ?? 0, failed: part.reduce(0) { $0 + $1.failed },
                unknown: part.reduce(0) { $0 + $1.unknown },
                shed: part.reduce(0) { $0 + $1.shed }, events: here.map(\.what))
        }
    }

    /// The rows as lines.
    func lines() -> [String] {
        let highest = max(rows.map(\.opsPerSecond).max() ?? 0, 1)
        return rows.map { row in
            let bar = Self.bar(row.opsPerSecond / highest)
            var line =
                pad(seconds(row.t_ms), 7) + " s  " + bar + " "
                + pad(grouped(UInt64(row.opsPerSecond)), 9) + "/s  p99 "
                + pad(milliseconds(row.p99_us), 9)
            if row.failed > 0 { line += "  \(grouped(row.failed)) failed" }
            if row.unknown > 0 { line += "  \(grouped(row.unknown)) unknown" }
            if row.shed > 0 { line += "  \(grouped(row.shed)) shed" }
            for event in row.events { line += "  ◀ \(event)" }
            return line
        }
    }

    /// A bar of eighths of a column.
    static func bar(_ fraction: Double) -> String {
        let eighths = Int((min(max(fraction, 0), 1) * Double(barWidth * 8)).rounded())
        let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        var bar = String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
        if eighths == 0 && fraction > 0 { bar = "▏" }
        return bar + String(repeating: " ", count: barWidth - bar.count)
    }
}

func pad(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
}

func padRight(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}

/// `1234567` as `1,234,567`.
func grouped(_ number: UInt64) -> String {
    var text = ""
    for (position, digit) in String(number).reversed().enumerated() {
        if position > 0 && position % 3 == 0 { text.append(",") }
        text.append(digit)
    }
    return String(text.reversed())
}

/// With one digit after the point.
func tenths(_ value: Double) -> String {
    let scaled = Int((value * 10).rounded())
    return "\(scaled / 10).\(abs(scaled % 10))"
}

/// With two digits after the point.
func hundredths(_ value: Double) -> String {
    let scaled = Int((value * 100).rounded())
    let rest = abs(scaled % 100)
    return "\(scaled / 100).\(rest < 10 ? "0" : "")\(rest)"
}

/// Microseconds as milliseconds, precise enough to compare.
func milliseconds(_ microseconds: UInt64) -> String {
    if microseconds < 10_000 { return "\(hundredths(Double(microseconds) / 1000)) ms" }
    return "\(tenths(Double(microseconds) / 1000)) ms"
}

private func seconds(_ milliseconds: Int) -> String { tenths(Double(milliseconds) / 1000) }
