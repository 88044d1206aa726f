/// The report for a reader.
struct TextReport {
    let report: RunReport

    func lines() -> [String] {
        heading() + [""] + Chart(report.timeline, events: report.events).lines() + [""]
            + figures() + [""]
            + (report.peer.map(lines) ?? nodes() + [""] + proof())
    }

    private func heading() -> [String] {
        let config = report.config
        return [
            "adobench: \(peerName)\(report.scenario.name), \(report.workload.rawValue), "
                + "\(config.replicas) replicas, \(config.clients) client\(plural(config.clients)), "
                + "\(offer), \(config.value_bytes) B values, "
                + "\(grouped(UInt64(report.keys))) key\(plural(report.keys)), "
                + "\(tenths(config.seconds)) s on \(report.machine.cores) cores"
        ]
    }

    private var offer: String {
        guard let load = report.open_load else { return "\(report.config.in_flight) in flight" }
        return "\(grouped(UInt64(load.rate_ops_s)))/s offered (\(load.arrival.rawValue))"
    }

    private var peerName: String { report.peer.map { "\($0.name.rawValue), " } ?? "" }

    private var isEmbedded: Bool { report.owner.embedded == true }

    private func figures() -> [String] {
        let latency = report.latency_us
        var lines = [
            "  throughput   \(grouped(UInt64(report.throughput_ops_s))) operations/s",
            "  latency      p50 \(milliseconds(latency.p50))  p90 \(milliseconds(latency.p90))"
                + "  p99 \(milliseconds(latency.p99))  p99.9 \(milliseconds(latency.p999))  max "
                + milliseconds(latency.max),
            "  operations   \(grouped(report.ok)) ok  \(grouped(report.failed)) failed  "
                + "\(grouped(report.unknown)) unknown, of which \(grouped(report.unsettled)) not "
                + "settled by an answer",
        ]
        if let load = report.open_load { lines += open(load) }
        if let unavailable = report.unavailable_ms {
            let name = report.scenario.injectsFault ? "unavailable" : "longest gap"
            lines.append(
                "  \(padRight(name, 11))  \(tenths(unavailable)) ms without an "
                    + "acknowledged write"
                    + (report.scenario.injectsFault ? " around the fault" : ""))
        }
        lines += fault()
        if isEmbedded {
            let ballot = report.owner.before?.ballot ?? "unknown"
            lines.append("  owner        embedded in the generator, ballot \(ballot)")
        } else if let before = report.owner.before {
            let after = report.owner.after
            lines.append(
                "  owner        node \(before.node), ballot \(before.ballot)"
                    + "  →  "
                    + (after.map { "node \($0.node), ballot \($0.ballot)" } ?? "nobody"))
        }
        return lines
    }

    private func fault() -> [String] {
        var lines: [String] = []
        if let recovery = report.recovery {
            let time = recovery.to_95_ms.map { "after \(tenths($0)) ms" } ?? "not in this run"
            let baseline = grouped(UInt64(recovery.baseline_ops_s))
            lines.append(
                "  recovery     95 % of \(baseline)/s again \(time); "
                    + "\(grouped(UInt64(recovery.dent_ops))) operations missing; worst latency "
                    + milliseconds(recovery.worst_latency_us))
        }
        if let markers = report.course?.markers {
            let steps = [
                ("detected", markers.detected_ms), ("elected", markers.elected_ms),
                ("first commit", markers.first_commit_ms), ("healed", markers.healed_ms),
                ("caught up", markers.caught_up_ms),
            ]
            let known = steps.compactMap { name, time in
                time.map { "\(name) +\(tenths($0 - markers.injected_ms)) ms" }
            }
            lines.append("  traces       " + known.joined(separator: "  "))
        }
        return lines
    }

    private func open(_ load: RunReport.OpenLoad) -> [String] {
        let late = load.submitted_late_us
        return [
            "  offered      \(grouped(load.offered)) operations, \(grouped(report.shed)) shed, "
                + "\(grouped(load.waiting_at_end)) waiting at the end; submitted late by p50 "
                + "\(milliseconds(late.p50))  p99 \(milliseconds(late.p99))  max "
                + milliseconds(late.max)
        ]
    }

    private func nodes() -> [String] {
        var lines = [
            "  process      role        CPU s  CPU us/op   entries/s  batches/s  flushes/s"
                + "  LMDB flags",
            "  " + padRight(isEmbedded ? "generator    owner" : "client", 22)
                + pad(tenths(report.client.cpu_s), 7)
                + pad(hundredths(report.client.cpu_us_op), 11),
        ]
        for node in report.nodes {
            let flags = node.lmdb_flags.isEmpty ? "none" : node.lmdb_flags.joined(separator: " ")
            lines.append(
                "  node \(padRight("\(node.node)", 6))  \(padRight(node.role, 8)) "
                    + pad(tenths(node.cpu_s), 7) + pad(hundredths(node.cpu_us_op), 11)
                    + pad(whole(node.entries_s), 12)
                    + pad(whole(node.batches_s), 11) + pad(whole(node.flushes_s), 11)
                    + "  \(flags)\(node.durable ? "" : " (NOT DURABLE)")"
                    + (node.restarted ? "  restarted" : ""))
        }
        return lines
    }

    private func proof() -> [String] {
        let verification = report.verification
        var lines = [
            "  acknowledged \(grouped(verification.acknowledged)) writes over the whole run"
        ]
        for log in verification.logs {
            lines.append(
                "  node \(log.node) log   \(grouped(log.entries)) entries, "
                    + "\(grouped(log.applied)) requests applied once, \(grouped(log.suppressed)) "
                    + "repeated and suppressed"
                    + log.offences.sorted { $0.key < $1.key }
                    .map { "; \($0.key): \(grouped($0.value))" }.joined())
        }
        let verdict = report.verdict
        // Nobody looked at the logs of an application.
        if report.mode != RunReport.application { lines.append(logVerdict(verdict)) }
        lines.append(
            "               linearizable: \(word(verdict.linearizable))  refines ADO: "
                + "\(word(verdict.refines_ado)), by \(grouped(UInt64(verification.trace_records))) "
                + "records of traces")
        lines += searched(verification.searched)
        for reason in verification.not_judged { lines.append("  not judged   \(reason)") }
        if let atomic = verdict.atomic { lines.append("               atomic: \(word(atomic))") }
        if report.workload == .counter {
            lines.append("               counters add up: \(word(verdict.counters_add_up))")
        }
        for offence in verification.offences { lines.append("  OFFENCE      \(offence)") }
        lines.append("  " + conclusion())
        return lines
    }

    private func logVerdict(_ verdict: Verdict) -> String {
        "  verdict      acknowledged and lost: \(verdict.acked_lost)  duplicated: "
            + "\(verdict.duplicated)  digests agree: \(word(verdict.digests_agree))  "
            + "results match the log: \(word(verdict.results_match_log))  state matches: "
            + word(verdict.state_matches_log)
    }

    func searched(_ searched: Verification.Searched) -> [String] {
        guard searched.keys > 0 else { return [] }
        return [
            "  searched     \(grouped(UInt64(searched.operations))) operations of "
                + "\(searched.keys) key\(plural(searched.keys)) for an order of their own"
                + (searched.undecided > 0 ? ", \(searched.undecided) too hard" : "")
        ]
    }

    private func conclusion() -> String {
        switch report.status {
        case .proved where report.mode == RunReport.application:
            "PROVED       the application kept what it promises, as its callers saw it"
        case .proved: "PROVED       nothing acknowledged is lost, nothing is applied twice"
        case .refuted: "REFUTED      \(report.reason ?? "")"
        default: "INVALID      \(report.reason ?? "")"
        }
    }

    private func plural(_ count: Int) -> String { count == 1 ? "" : "s" }

    private func whole(_ value: Double) -> String { grouped(UInt64(max(0, value.rounded()))) }

    private func word(_ verdict: Tristate) -> String {
        switch verdict {
        case .holds: "yes"
        case .fails: "NO"
        case .incomplete: "not judged"
        }
    }
}
