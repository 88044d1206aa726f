/// The ratio to the bare pipeline that was measured once, as it is kept in the repository.
package struct RatioBaseline: Codable, Sendable, Equatable {
    /// Throughput over that of the bare pipeline, in the same minutes.
    var ratio: Double
    var in_flight: Int
    var value_bytes: Int
    /// Where it was measured: on others the ratio is another, but not half of it.
    var machine: RunReport.Machine
    var commit: String?
}

/// Decides whether a change may pass.
struct RatioGate: Sendable {
    /// What of the kept ratio must be left: machines differ, and other work disturbs.
    static let fraction = 0.5

    let baseline: RatioBaseline
    /// Throughput of runs and of the bare pipeline, taken in turn.
    var pairs: [(own: Double, pipeline: Double)] = []
    /// Every run, loaded only or broken as well.
    var reports: [RunReport] = []

    /// The median of the pairs; nil of none.
    var ratio: Double? {
        MedianInterval(pairs.map { $0.own / max($0.pipeline, 1) })?.median
    }

    /// Why it does not pass, in sentences; empty if it does.
    func complaints() -> [String] {
        var found = reports.flatMap(Self.complaints)
        guard let ratio else { return found + ["nothing was measured."] }
        let least = Self.fraction * baseline.ratio
        if ratio < least {
            found.append(
                """
                the throughput is \(percent(ratio)) of the bare pipeline, below half of the \
                \(percent(baseline.ratio)) that the baseline has: find out what became slow, or \
                measure the baseline again with --write if that is meant.
                """)
        }
        return found
    }

    private static func complaints(_ report: RunReport) -> [String] {
        let name = report.scenario.name
        var found: [String] = []
        if report.verdict.acked_lost > 0 || report.acked_lost > 0 {
            found.append("\(name): \(report.acked_lost) acknowledged writes are lost.")
        }
        let verdicts = [
            ("linearizable", report.verdict.linearizable),
            ("a refinement of ADO", report.verdict.refines_ado),
        ]
        for (what, verdict) in verdicts where verdict != .holds {
            let how = verdict == .fails ? "not" : "not known to be"
            found.append("\(name): the run is \(how) \(what).")
        }
        if report.status != .proved {
            found.append("\(name): not proved: \(report.reason ?? "nobody says why")")
        }
        return found
    }

    /// The result for a reader.
    func lines() -> [String] {
        let complaints = complaints()
        let heading =
            ratio.map {
                "  ratio        \(percent($0)) of the bare pipeline, median of \(pairs.count) "
                    + "pairs; the baseline has \(percent(baseline.ratio)), half of it is enough"
            } ?? "  ratio        not measured"
        return [heading] + complaints.map { "  REJECTED     \($0)" }
            + (complaints.isEmpty ? ["  PASSED       nothing is lost, nothing is violated"] : [])
    }

    private func percent(_ ratio: Double) -> String { "\(tenths(100 * ratio)) %" }
}
