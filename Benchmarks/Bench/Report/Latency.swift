import Histogram

extension RunReport.Latency {
    /// The percentiles of latencies in microseconds.
    init(_ histogram: Histogram<UInt64>) {
        guard histogram.totalCount > 0 else { return }
        p50 = histogram.valueAtPercentile(50)
        p90 = histogram.valueAtPercentile(90)
        p99 = histogram.valueAtPercentile(99)
        p999 = histogram.valueAtPercentile(99.9)
        max = histogram.max
    }
}
