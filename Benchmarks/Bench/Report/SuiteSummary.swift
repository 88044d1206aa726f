/// A report's table for a terminal: the same figures as on the page.
struct SuiteSummary {
    let data: SuiteData

    func lines() -> [String] {
        let rows = zip(data.about.runs, data.reports).map { ScenarioFigures($0, $1) }
        var lines = data.about.knee.lines()
        if let pipeline = data.about.pipeline {
            lines.append(
                "  the pipeline \(grouped(UInt64(pipeline.throughput_ops_s))) operations/s with "
                    + "\(grouped(UInt64(pipeline.in_flight))) in flight, without protocol")
        }
        lines.append("")
        lines.append(
            padRight("scenario", 22) + pad("load", 6)
                + ScenarioFigures.columns.map { pad($0, 21) }.joined() + "  verdict")
        for row in rows {
            lines.append(
                padRight(row.scenario, 22) + pad("\(row.percent) %", 6)
                    + row.cells.map { pad($0.text, 21) }.joined() + "  " + row.verdict)
        }
        return lines
    }
}

/// The figures of one scenario at one load, over its repeats.
struct ScenarioFigures {
    /// A median with its interval.
    struct Cell {
        var median: String
        var interval: String
        var text: String { interval.isEmpty ? median : "\(median) [\(interval)]" }
    }

    static let columns = [
        "ok/s", "unavailable ms", "95 % after ms", "dent, ops", "worst ms", "unknown", "owners",
    ]

    let scenario: String
    let percent: Int
    let cells: [Cell]
    let verdict: String

    init(_ run: SuiteData.Run, _ report: RunReport) {
        scenario = run.scenario
        percent = run.percent
        let each = report.each
        cells = [
            Self.cell(each.map(\.throughput_ops_s), Self.whole),
            Self.cell(each.map(\.unavailable_ms), tenths),
            Self.recovery(each),
            Self.cell(each.map { $0.recovery?.dent_ops }, Self.whole),
            Self.cell(each.map { $0.recovery.map { Double($0.worst_latency_us) / 1000 } }, tenths),
            Self.cell(each.map { Double($0.unknown) }, Self.whole),
            Self.cell(each.map { $0.owner_changes.map { Double($0) } }, Self.whole),
        ]
        let proved = each.count { $0.status == .proved }
        verdict = proved == each.count ? "\(proved) proved" : "\(proved) of \(each.count) proved"
    }

    private static func whole(_ value: Double) -> String {
        grouped(UInt64(max(0, value.rounded())))
    }

    /// A run that did not recover makes no time, and must not vanish from the median.
    private static func recovery(_ each: [RunFigures]) -> Cell {
        let known = each.compactMap(\.recovery)
        let never = known.count { $0.to_95_ms == nil }
        guard never > 0 else { return cell(known.map(\.to_95_ms), whole) }
        return Cell(median: "not in \(never) of \(known.count)", interval: "")
    }

    private static func cell(_ values: [Double?], _ format: (Double) -> String) -> Cell {
        guard let interval = MedianInterval(values.compactMap { $0 }) else {
            return Cell(median: "-", interval: "")
        }
        let isPoint = interval.low == interval.high
        return Cell(
            median: format(interval.median),
            interval: isPoint ? "" : "\(format(interval.low)) … \(format(interval.high))")
    }
}
