/// What faulty windows did beside healthy ones of the same run, pair by pair.
struct Interleaved: Sendable, Equatable, Codable {
    /// A window of the run, in whole windows of 100 ms.
    struct Stretch: Sendable, Equatable, Codable {
        var t_ms: Int
        var throughput_ops_s: Double
        var failed: UInt64
        var unknown: UInt64
        var shed: UInt64
        var p50_us: UInt64
        var p99_us: UInt64
        var max_us: UInt64
        /// The longest time without an acknowledged write that touches it.
        var longest_gap_ms: Double

        init(_ stretch: Stretches.Stretch, longestGap: Double) {
            let sum = stretch.sum
            let nanoseconds = Double(stretch.positions.count) * Double(Window.nanoseconds)
            let point = Timeline.Point(sum)
            t_ms = point.t_ms
            throughput_ops_s = (Double(sum.ok) * 1e9 / nanoseconds).rounded()
            failed = sum.failed
            unknown = sum.unknown
            shed = sum.shed
            p50_us = point.p50_us
            p99_us = point.p99_us
            max_us = point.max_us
            longest_gap_ms = (longestGap * 100).rounded() / 100
        }
    }

    /// A healthy window, a faulty one from the fault on, and one from the mending on.
    struct Pair: Sendable, Equatable, Codable {
        var healthy: Stretch
        var faulty: Stretch
        var mending: Stretch
        /// When the fault struck, in milliseconds of the measured time.
        var struck_ms: Double
        var victims: [UInt64]
        var owner_before: UInt64
        var taken_over_by: UInt64?
        var recovery: Recovery?

        /// What of the healthy throughput was there with the fault.
        var throughputRatio: Double { Self.ratio(faulty, healthy, \.throughput_ops_s) }
        /// What of it was there while the victim came back.
        var mendingRatio: Double { Self.ratio(mending, healthy, \.throughput_ops_s) }
        var p50Ratio: Double { Self.ratio(faulty, healthy) { Double($0.p50_us) } }
        var p99Ratio: Double { Self.ratio(faulty, healthy) { Double($0.p99_us) } }

        /// Operations that came to nothing from the fault on until it was mended.
        var failed: UInt64 { faulty.failed + mending.failed }
        var shed: UInt64 { faulty.shed + mending.shed }
        var unknown: UInt64 { faulty.unknown + mending.unknown }

        private static func ratio(
            _ one: Stretch, _ other: Stretch, _ figure: (Stretch) -> Double
        ) -> Double {
            figure(one) / max(figure(other), 1)
        }
    }

    var window_s: Double
    var pairs: [Pair] = []

    /// The pair in the middle, by how long no write was acknowledged.
    var middle: Pair? {
        let sorted = pairs.sorted { $0.faulty.longest_gap_ms < $1.faulty.longest_gap_ms }
        return sorted.isEmpty ? nil : sorted[(sorted.count - 1) / 2]
    }
}

/// The figures of interleaved windows, over their pairs.
struct InterleavedFigures {
    static let columns = [
        "ok/s, healthy", "ok/s, faulty", "mending", "p50", "p99", "unavailable ms", "worst ms",
        "95 % after ms", "failed, shed", "unknown",
    ]

    let scenario: String
    let percent: Int
    let pairs: Int
    let cells: [ScenarioFigures.Cell]

    init(_ name: String, percent: Int, _ windows: Interleaved) {
        scenario = name
        self.percent = percent
        pairs = windows.pairs.count
        let each = windows.pairs
        let gaps = each.map(\.faulty.longest_gap_ms)
        cells = [
            .of(each.map(\.healthy.throughput_ops_s), ScenarioFigures.whole),
            .of(each.map(\.throughputRatio), Self.percentage),
            .of(each.map(\.mendingRatio), Self.percentage),
            .of(each.map(\.p50Ratio), Self.times), .of(each.map(\.p99Ratio), Self.times),
            .of(gaps, tenths),
            ScenarioFigures.Cell(median: gaps.max().map(tenths) ?? "-", interval: ""),
            .recovery(each.compactMap(\.recovery)),
            .of(each.map { Double($0.failed + $0.shed) }, ScenarioFigures.whole),
            .of(each.map { Double($0.unknown) }, ScenarioFigures.whole),
        ]
    }

    private static func percentage(_ ratio: Double) -> String { "\(tenths(100 * ratio)) %" }

    private static func times(_ ratio: Double) -> String { "\(hundredths(ratio)) x" }
}

extension Interleaved {
    /// The figures as text.
    func lines() -> [String] {
        let figures = InterleavedFigures("", percent: 0, self)
        let heading =
            "  windows      \(pairs.count) pairs of \(tenths(window_s)) s: median, and the "
            + "interval that holds it"
        return ["", heading]
            + zip(InterleavedFigures.columns, figures.cells).map { name, cell in
                "    \(padRight(name, 16)) \(cell.text)"
            }
    }
}
