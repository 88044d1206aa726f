/// One scenario of a page: its picture, what happened when, and what was proved.
struct ScenarioSection {
    let run: SuiteData.Run
    let report: RunReport
    let anchor: String

    func html() -> String {
        """
        <section id="\(anchor)">
        <h3>\(escaped(run.scenario)) at \(run.percent) % of the knee</h3>
        <p class="soft">\(report.workload.rawValue): \
        \(escaped(report.scenario.summary))\(repeats)</p>
        \(TimelineChart(report: report).svg())
        \(steps())
        \(verdict())
        </section>
        """
    }

    private var repeats: String {
        if let windows = report.windows {
            return ". The windows in the middle of \(windows.pairs.count) pairs."
        }
        let count = report.each.count
        return count == 1 ? "." : ". The run in the middle of \(count)."
    }

    /// What the numbers in the picture are, counted from the fault.
    private func steps() -> String {
        guard let markers = report.course?.markers else { return "" }
        let texts = markers.steps.enumerated().map { position, step in
            let time =
                step.name == "injected"
                ? "at \(tenths(step.ms / 1000)) s"
                : "+\(tenths(step.ms - markers.injected_ms)) ms"
            return "<span class=\"step\"><b>\(position + 1)</b> \(step.name) \(time)</span>"
        }
        let cause = report.events.first.map { " \(escaped($0.what))." } ?? ""
        return "<p class=\"soft\">\(texts.joined(separator: " · ")).\(cause)</p>"
    }

    private func verdict() -> String {
        let verdict = report.verdict
        let parts = [
            ("acknowledged and lost", verdict.acked_lost == 0 ? "none" : "\(verdict.acked_lost)"),
            ("applied twice", verdict.duplicated == 0 ? "none" : "\(verdict.duplicated)"),
            ("linearizable", word(verdict.linearizable)),
            ("refines ADO", word(verdict.refines_ado)),
        ].map { "\($0): \($1)" }
        let reason = report.reason.map { " \($0)" } ?? ""
        let text =
            switch report.status {
            case .proved: "Proved. "
            case .refuted: "REFUTED. "
            default: "Says nothing. "
            }
        let writes = "\(grouped(report.verification.acknowledged)) acknowledged writes; "
        return "<p class=\"\(report.status == .proved ? "soft" : "bad")\">"
            + escaped(text + writes + parts.joined(separator: ", ") + "." + reason) + "</p>"
    }

    private func word(_ verdict: Tristate) -> String {
        switch verdict {
        case .holds: "yes"
        case .fails: "NO"
        case .incomplete: "not judged"
        }
    }
}
