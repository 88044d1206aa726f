/// How deep and how long a fault dented the throughput.
struct Recovery: Sendable, Equatable, Codable {
    /// Operations per second before the fault: the median of its windows.
    var baseline_ops_s: Double
    /// From the fault until a second began with at least 95 % of that throughput and no window
    /// below half of it; nil if none did.
    var to_95_ms: Double?
    /// Operations that were missing until then, window by window.
    var dent_ops: Double
    /// The longest that an operation took which was answered after the fault.
    var worst_latency_us: UInt64

    static let fraction = 0.95
    /// Windows over which the throughput must hold, so that one burst of what had waited is no
    /// recovery, nor the moment before a stop that a burst will make good.
    private static let holding = 10

    /// - Parameter injected: milliseconds of the measured time.
    init?(_ points: [Timeline.Point], injected: Double) {
        let width = Double(Window.nanoseconds) / 1e6
        let first = Int(injected / width)
        guard first >= 3, first + Self.holding <= points.count,
            let baseline = median(points[..<first].map(\.ok)), baseline > 0
        else { return nil }
        let enough = Self.fraction * Double(baseline)
        let recovered = (first...points.count - Self.holding).first { start in
            let second = points[start..<start + Self.holding].map { Double($0.ok) }
            let mean = second.reduce(0, +) / Double(Self.holding)
            return mean >= enough && second[0] >= enough
                && second.allSatisfy { $0 >= Double(baseline) / 2 }
        }
        baseline_ops_s = Double(baseline) * 1000 / width
        to_95_ms = recovered.map { max(0, Double($0) * width - injected) }
        dent_ops = points[first..<(recovered ?? points.count)].reduce(0) {
            $0 + max(0, Double(baseline) - Double($1.ok))
        }
        worst_latency_us = points[first...].map(\.max_us).max() ?? 0
    }
}

extension RunReport {
    /// Fills in what a fault did to the throughput.
    mutating func fillRecovery(_ measured: MeasuredTime, _ strike: StrikeTimes?) {
        // Where a client is gone, what it would have asked for is not missing.
        guard let strike, scenario.trouble != .clientCrash else { return }
        recovery = Recovery(timeline, injected: measured.milliseconds(strike.at))
    }
}
