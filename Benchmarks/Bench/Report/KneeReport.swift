import Foundation

/// The latency-throughput curve of a healthy cluster, and where it bends.
package struct KneeReport: Codable, Sendable {
    /// One rung of the ladder: a closed loop with so many operations in flight.
    struct Step: Codable, Sendable, Equatable {
        var in_flight: Int
        var throughput_ops_s: Double
        var latency_us: RunReport.Latency
        var status: ExitStatus
        /// Why it is not proved.
        var reason: String?

        init(_ report: RunReport) {
            in_flight = report.config.in_flight
            throughput_ops_s = report.throughput_ops_s
            latency_us = report.latency_us
            status = report.status
            reason = report.reason
        }

        /// Throughput over mean latency, where by Little's law that latency is the operations in
        /// flight over the throughput.
        var power: Double { throughput_ops_s * throughput_ops_s / Double(in_flight) }
    }

    var workload: Workload
    var config: RunReport.Config
    var machine: RunReport.Machine
    var commit: String?
    var steps: [Step] = []

    /// The step with the highest power (Kleinrock's knee): below it more operations in flight bring
    /// more throughput than latency, beyond it the other way round.
    var knee: Step? { steps.max { $0.power < $1.power } }

    /// The worst of the steps.
    var status: ExitStatus {
        steps.first { $0.status == .refuted }?.status
            ?? steps.first { $0.status != .proved }?.status ?? .proved
    }
}

extension KneeReport {
    /// The curve as text.
    func lines() -> [String] {
        let highest = max(steps.map(\.throughput_ops_s).max() ?? 0, 1)
        let heading =
            "knee: \(workload.rawValue), \(config.replicas) replicas, \(config.value_bytes) B "
            + "values, closed loop, \(tenths(config.seconds)) s a step on \(machine.cores) cores"
        let rows = steps.map { step in
            "  \(pad(grouped(UInt64(step.in_flight)), 6)) in flight  "
                + Chart.bar(step.throughput_ops_s / highest)
                + pad(grouped(UInt64(step.throughput_ops_s)), 10) + "/s  p50 "
                + pad(milliseconds(step.latency_us.p50), 9) + "  p99 "
                + pad(milliseconds(step.latency_us.p99), 9)
                + (step.in_flight == knee?.in_flight ? "  ◀ knee" : "")
                + (step.status == .proved ? "" : "  NOT PROVED: \(step.reason ?? "")")
        }
        return [heading, ""] + rows + [""] + conclusion()
    }

    private func conclusion() -> [String] {
        guard let knee else { return [] }
        return [
            "  the knee     \(grouped(UInt64(knee.throughput_ops_s))) operations/s with "
                + "\(grouped(UInt64(knee.in_flight))) in flight, p50 "
                + milliseconds(knee.latency_us.p50)
        ]
    }
}

// MARK: - The file

extension KneeReport {
    private enum CodingKeys: String, CodingKey {
        case workload, config, machine, commit, steps, knee
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        workload = try container.decode(Workload.self, forKey: .workload)
        config = try container.decode(RunReport.Config.self, forKey: .config)
        machine = try container.decode(RunReport.Machine.self, forKey: .machine)
        commit = try container.decodeIfPresent(String.self, forKey: .commit)
        steps = try container.decode([Step].self, forKey: .steps)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(workload, forKey: .workload)
        try container.encode(config, forKey: .config)
        try container.encode(machine, forKey: .machine)
        try container.encodeIfPresent(commit, forKey: .commit)
        try container.encode(steps, forKey: .steps)
        try container.encodeIfPresent(knee, forKey: .knee)
    }
}
