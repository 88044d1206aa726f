/// The figures of one of several runs of the same scenario.
struct RunFigures: Codable, Sendable, Equatable {
    var throughput_ops_s: Double
    var p50_us: UInt64
    var p99_us: UInt64
    var unavailable_ms: Double?
    var recovery: Recovery?
    var failed: UInt64
    var unknown: UInt64
    var shed: UInt64
    var owner_changes: Int?
    /// From the fault to the first entry of a new owner, as the traces say.
    var first_commit_after_ms: Double?
    var status: ExitStatus

    init(_ report: RunReport) {
        throughput_ops_s = report.throughput_ops_s
        p50_us = report.latency_us.p50
        p99_us = report.latency_us.p99
        unavailable_ms = report.unavailable_ms
        recovery = report.recovery
        failed = report.failed
        unknown = report.unknown
        shed = report.shed
        owner_changes = report.course?.ownerChanges
        if let markers = report.course?.markers {
            first_commit_after_ms = markers.first_commit_ms.map { $0 - markers.injected_ms }
        }
        status = report.status
    }
}

extension RunReport {
    /// The figures of every run that this is the middle of, or of this alone.
    var each: [RunFigures] { self.repeat?.each ?? [RunFigures(self)] }

    /// Milliseconds without an acknowledged write, of each fault.
    var outages: [Double] {
        windows?.pairs.map(\.faulty.longest_gap_ms) ?? each.compactMap(\.unavailable_ms)
    }
}

/// The median of repeated measurements, and how sure it is.
struct MedianInterval: Sendable, Equatable {
    var median: Double
    var low: Double
    var high: Double
    /// Whether the interval holds the true median in 95 of 100 cases; else it is the range.
    var isConfident: Bool

    /// Nil of nothing.
    ///
    /// The interval is between two order statistics, and assumes nothing of the distribution; fewer
    /// than six values cannot give one.
    init?(_ values: [Double]) {
        let sorted = values.sorted()
        guard let first = sorted.first, let last = sorted.last else { return nil }
        let count = sorted.count
        median =
            count % 2 == 1
            ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2
        let cut = Self.cut(count)
        isConfident = cut != nil
        low = cut.map { sorted[$0] } ?? first
        high = cut.map { sorted[count - 1 - $0] } ?? last
    }

    /// How many values may be left out at each end: the tails of a fair coin, at most 2.5 % each.
    private static func cut(_ count: Int) -> Int? {
        var cut: Int?
        var term = 1.0
        for _ in 0..<count { term /= 2 }
        var tail = 0.0
        for left in 0..<count / 2 {
            tail += term
            guard tail <= 0.025 else { break }
            cut = left
            term *= Double(count - left) / Double(left + 1)
        }
        return cut
    }
}
