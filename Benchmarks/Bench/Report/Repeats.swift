extension RunReport {
    /// The report of several runs: the one in the middle, with the figures of all.
    ///
    /// The middle is by unavailability where a fault was injected, else by throughput. The status
    /// is the worst: one refuted run refutes, one invalid run makes the whole invalid. So are the
    /// verdicts: what was not judged once was not judged.
    static func middle(of reports: [RunReport]) -> RunReport? {
        guard let first = reports.first else { return nil }
        guard reports.count > 1 else { return first }
        let byFault = first.scenario.injectsFault && first.unavailable_ms != nil
        let sorted = reports.sorted {
            byFault
                ? ($0.unavailable_ms ?? 0) < ($1.unavailable_ms ?? 0)
                : $0.throughput_ops_s < $1.throughput_ops_s
        }
        var middle = sorted[(sorted.count - 1) / 2]
        let gaps = reports.compactMap(\.unavailable_ms)
        middle.repeat = Repeats(
            runs: reports.count, throughput_ops_s: reports.map(\.throughput_ops_s),
            unavailable_ms: gaps, p50_us: reports.map(\.latency_us.p50),
            statuses: reports.map(\.status.rawValue),
            median_throughput_ops_s: median(reports.map(\.throughput_ops_s)) ?? 0,
            median_unavailable_ms: median(gaps),
            median_p50_us: median(reports.map(\.latency_us.p50)) ?? 0,
            each: reports.map(RunFigures.init))
        let worst =
            reports.first { $0.status == .refuted } ?? reports.first { $0.status != .proved }
        if let worst {
            middle.status = worst.status
            middle.reason = worst.reason
            middle.acked_lost = reports.map(\.acked_lost).max() ?? 0
        }
        middle.verdict.linearizable = .weakest(reports.map(\.verdict.linearizable))
        middle.verdict.refines_ado = .weakest(reports.map(\.verdict.refines_ado))
        return middle
    }

    /// A line for each of several runs.
    func line(run: Int, of runs: Int) -> String {
        let gap = unavailable_ms.map { "  unavailable \(tenths($0)) ms" } ?? ""
        let verdict =
            switch status {
            case .proved: "proved"
            case .refuted: "REFUTED"
            default: "INVALID"
            }
        return "run \(run) of \(runs): \(grouped(UInt64(throughput_ops_s)))/s  p50 "
            + "\(milliseconds(latency_us.p50))  p99 \(milliseconds(latency_us.p99))\(gap)  "
            + verdict
    }
}

extension RunReport.Repeats {
    func lines() -> [String] {
        var text =
            "  medians      \(grouped(UInt64(median_throughput_ops_s)))/s  p50 "
            + milliseconds(median_p50_us)
        if let gap = median_unavailable_ms { text += "  unavailable \(tenths(gap)) ms" }
        return ["", text + "  over \(runs) runs"]
    }
}

/// The middle of the values, the lower one of two.
func median<Value: Comparable>(_ values: [Value]) -> Value? {
    values.isEmpty ? nil : values.sorted()[(values.count - 1) / 2]
}
