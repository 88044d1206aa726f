/// A report's table for a terminal: the same figures as on the page.
struct SuiteSummary {
    let data: SuiteData

    func lines() -> [String] {
        let rows = data.alone.map { ScenarioFigures($0, $1) }
        var lines = data.about.knee.lines()
        if let pipeline = data.about.pipeline {
            lines.append(
                "  the pipeline \(grouped(UInt64(pipeline.throughput_ops_s))) operations/s with "
                    + "\(grouped(UInt64(pipeline.in_flight))) in flight, without protocol")
        }
        if !data.inTurn.isEmpty { lines += inTurn() }
        guard !rows.isEmpty else { return lines }
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

    /// What faulty windows did beside healthy ones.
    private func inTurn() -> [String] {
        let heading =
            padRight("in turn", 22) + pad("load", 6)
            + InterleavedFigures.columns.map { pad($0, 28) }.joined() + "  verdict"
        return ["", heading]
            + data.inTurn.map { run, report, windows in
                let row = InterleavedFigures(run.scenario, percent: run.percent, windows)
                return padRight(row.scenario, 22) + pad("\(row.percent) %", 6)
                    + row.cells.map { pad($0.text, 28) }.joined() + "  "
                    + (report.status == .proved ? "proved" : "not proved")
            }
    }
}

/// The figures of one scenario at one load, over its repeats.
struct ScenarioFigures {
    /// A median with its interval.
    struct Cell {
        var median: String
        var interval: String
        var text: String { interval.isEmpty ? median : "\(median) [\(interval)]" }

        /// The median of what is known.
        static func of(_ values: [Double?], _ format: (Double) -> String) -> Cell {
            guard let interval = MedianInterval(values.compactMap { $0 }) else {
                return Cell(median: "-", interval: "")
            }
            let isPoint = interval.low == interval.high
            return Cell(
                median: format(interval.median),
                interval: isPoint ? "" : "\(format(interval.low)) … \(format(interval.high))")
        }

        /// A run that did not recover makes no time, and must not vanish from the median.
        static func recovery(_ known: [Recovery]) -> Cell {
            let never = known.count { $0.to_95_ms == nil }
            guard never > 0 else { return of(known.map(\.to_95_ms)) { tenths($0) } }
            return Cell(median: "not in \(never) of \(known.count)", interval: "")
        }
    }

    static let columns = [
        "ok/s", "unavailable ms", "95 % after ms", "dent, ops", "worst ms", "failed, shed",
        "unknown", "owners",
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
            .of(each.map(\.throughput_ops_s), Self.whole),
            .of(each.map(\.unavailable_ms), tenths),
            .recovery(each.compactMap(\.recovery)),
            .of(each.map { $0.recovery?.dent_ops }, Self.whole),
            .of(each.map { $0.recovery.map { Double($0.worst_latency_us) / 1000 } }, tenths),
            .of(each.map { Double($0.failed + $0.shed) }, Self.whole),
            .of(each.map { Double($0.unknown) }, Self.whole),
            .of(each.map { $0.owner_changes.map { Double($0) } }, Self.whole),
        ]
        let proved = each.count { $0.status == .proved }
        verdict = proved == each.count ? "\(proved) proved" : "\(proved) of \(each.count) proved"
    }

    /// A count without a fraction.
    static func whole(_ value: Double) -> String { grouped(UInt64(max(0, value.rounded()))) }
}
