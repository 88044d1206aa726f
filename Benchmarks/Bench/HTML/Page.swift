/// The page of a report: one file that needs no other.
struct Page {
    let data: SuiteData

    private var about: SuiteData.About { data.about }
    private var config: RunReport.Config { about.knee.config }

    func html() -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Ado: throughput under partial failure</title>
        <style>
        \(Style.css)
        </style>
        </head>
        <body>
        \(heading())
        \(facts())
        <section>
        <h2>Healthy: latency against throughput</h2>
        <p class="soft">A closed loop; the numbers at the points are operations in flight. The \
        knee is the step with the highest throughput over mean latency.</p>
        \(CurveChart(knee: about.knee).svg())
        </section>
        \(InterleavedSection(data: data, anchor: anchor).html())
        \(table())
        <h2>Each scenario over time</h2>
        \(legend())
        \(scenarios())
        \(method())
        </body>
        </html>

        """
    }

    private func heading() -> String {
        let nodes = data.reports.flatMap(\.nodes)
        let isDurable = !nodes.isEmpty && nodes.allSatisfy(\.durable)
        let flags = nodes.first?.lmdb_flags.joined(separator: " ") ?? "unknown"
        let mode =
            isDurable
            ? "Durable: a majority has flushed each write to its disk before it is acknowledged "
                + "(LMDB flags: \(flags.isEmpty ? "none" : flags))."
            : "NOT durable: with these LMDB flags a commit may be lost: \(flags)."
        return """
            <h1>Ado: throughput under partial failure</h1>
            <p class="\(isDurable ? "soft" : "bad")">\(escaped(mode))</p>
            <p class="soft">\(config.replicas) replicas, \(about.knee.workload.rawValue) of \
            \(config.value_bytes) byte values over \(grouped(UInt64(config.keys))) keys, measured \
            \(escaped(about.started)) at commit <code>\(escaped(about.commit ?? "unknown"))</code>\
            .</p>
            """
    }

    private func facts() -> String {
        var facts: [(String, String)] = []
        if let knee = about.knee.knee {
            facts.append(
                (
                    "\(grouped(UInt64(knee.throughput_ops_s)))/s",
                    "at the knee, p50 \(milliseconds(knee.latency_us.p50))"
                ))
        }
        if let pipeline = about.pipeline, let knee = about.knee.knee {
            let ratio = 100 * knee.throughput_ops_s / max(pipeline.throughput_ops_s, 1)
            facts.append(
                (
                    "\(number(ratio)) %",
                    "of the bare pipeline, which has no protocol and no objects: "
                        + "\(grouped(UInt64(pipeline.throughput_ops_s)))/s with as many in flight"
                ))
        }
        let killed = data.reports.filter { $0.scenario == .killOwner }.flatMap(\.outages)
        if let gap = MedianInterval(killed) {
            let worst = killed.max() ?? 0
            facts.append(
                (
                    "\(tenths(gap.median)) ms",
                    "unavailable when the owner is killed, median of \(killed.count); worst "
                        + "\(tenths(worst)) ms"
                ))
        }
        let proved = data.reports.flatMap(\.each)
        let good = proved.count { $0.status == .proved }
        facts.append(
            (
                "\(good) of \(proved.count) runs proved",
                "nothing acknowledged lost, nothing applied twice"
            ))
        let cells = facts.map { "<div class=\"fact\"><b>\(escaped($0))</b>\(escaped($1))</div>" }
        return "<div class=\"facts\">\(cells.joined())</div>"
    }

    private func table() -> String {
        let head = (["scenario", "load"] + ScenarioFigures.columns + ["verdict"])
            .map { "<th>\(escaped($0))</th>" }.joined()
        let alone = data.alone
        guard !alone.isEmpty else { return "" }
        let rows = alone.map { run, report in
            let figures = ScenarioFigures(run, report)
            let cells = figures.cells.map { cell in
                "<td>\(escaped(cell.median))"
                    + (cell.interval.isEmpty ? "" : "<small>\(escaped(cell.interval))</small>")
                    + "</td>"
            }
            let isGood = report.status == .proved
            return "<tr><td><a href=\"#\(anchor(run))\">\(escaped(run.scenario))</a></td>"
                + "<td>\(run.percent) %</td>\(cells.joined())"
                + "<td\(isGood ? "" : " class=\"bad\"")>\(escaped(figures.verdict))</td></tr>"
        }
        let repeats = alone.map(\.1.each.count).max() ?? 1
        let interval =
            repeats >= 6
            ? "the interval holds the true median in 95 of 100 cases"
            : "below it the lowest and the highest"
        return """
            <section>
            <h2>What each fault did</h2>
            <p class="soft">An open loop with Poisson arrivals at this part of the knee's \
            throughput; the latency of an operation counts from when it was due. \
            \(repeats == 1 ? "One run each" : "Medians of \(repeats) runs; " + interval).</p>
            <div class="scroll"><table><thead><tr>\(head)</tr></thead>
            <tbody>\(rows.joined(separator: "\n"))</tbody></table></div>
            <p class="soft">Unavailable: the longest time without any acknowledged write that \
            touches the time from the fault on. 95 % after: until a second began with 95 % of the \
            throughput before the fault and without a stop. Dent: operations that were missing \
            until then. Worst: the longest latency from the fault on. Owners: changes of \
            the owner.</p>
            </section>
            """
    }

    private func legend() -> String {
        let keys = [
            ("ok", "acknowledged"), ("failed", "failed: certainly not done"),
            ("unknown", "unknown when asked"), ("shed", "shed: never submitted"),
            ("p50", "p50"), ("p99", "p99"), ("lag", "entries behind, darker is more"),
        ]
        return "<p class=\"soft\">"
            + keys.map { "<span class=\"entry\"><i class=\"key \($0)\"></i>\($1)</span>" }
            .joined(separator: " ") + "</p>"
    }

    private func scenarios() -> String {
        zip(about.runs, data.reports).map { run, report in
            ScenarioSection(run: run, report: report, anchor: anchor(run)).html()
        }.joined(separator: "\n")
    }

    private func method() -> String {
        MethodSection(about: about, config: config).html()
    }

    private func anchor(_ run: SuiteData.Run) -> String { "\(run.scenario)-\(run.percent)" }
}
