/// The table of faulty windows beside healthy ones.
struct InterleavedSection {
    let data: SuiteData
    /// The name by which a run is linked to.
    let anchor: (SuiteData.Run) -> String

    func html() -> String {
        let runs = data.inTurn
        guard let first = runs.first?.2 else { return "" }
        let head = (["scenario", "load"] + InterleavedFigures.columns + ["verdict"])
            .map { "<th>\(escaped($0))</th>" }.joined()
        let rows = runs.map(row).joined(separator: "\n")
        let pairs = runs.map(\.2.pairs.count).min() ?? 0
        let interval =
            pairs >= 6
            ? "the interval holds the true median in 95 of 100 cases"
            : "below it the lowest and the highest"
        return """
            <section>
            <h2>Faulty windows beside healthy ones</h2>
            <p class="soft">One run for each row: a healthy window of \(tenths(first.window_s)) s, \
            a pause of up to a second drawn at random, a window from the fault on, one from the \
            mending on, \(pairs) times, at one offered rate. Medians of these; \(interval).</p>
            <div class="scroll"><table><thead><tr>\(head)</tr></thead>
            <tbody>\(rows)</tbody></table></div>
            <p class="soft">Faulty: the throughput in the window from the fault on, of that in \
            the healthy window before it; the fault is there until the window ends. Mending: \
            likewise in the window after it, in which what was hit comes back. p50 and p99: the \
            latency in the faulty window over that in the healthy one. Unavailable: the longest \
            time without any acknowledged write. 95 % after: until a second began with 95 % of \
            the healthy throughput and without a stop.</p>
            </section>
            """
    }

    private func row(
        _ run: SuiteData.Run, _ report: RunReport, _ windows: Interleaved
    ) -> String {
        let figures = InterleavedFigures(run.scenario, percent: run.percent, windows)
        let cells = figures.cells.map { cell in
            "<td>\(escaped(cell.median))"
                + (cell.interval.isEmpty ? "" : "<small>\(escaped(cell.interval))</small>")
                + "</td>"
        }
        let isGood = report.status == .proved
        return "<tr><td><a href=\"#\(anchor(run))\">\(escaped(run.scenario))</a></td>"
            + "<td>\(run.percent) %</td>\(cells.joined())"
            + "<td\(isGood ? "" : " class=\"bad\"")>\(isGood ? "proved" : "not proved")</td></tr>"
    }
}
