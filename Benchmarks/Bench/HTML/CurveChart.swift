/// The latency-throughput curve of a healthy cluster.
struct CurveChart {
    let knee: KneeReport

    private static let width = 960.0
    private static let height = 330.0
    private static let left = 70.0
    private static let right = 930.0
    private static let top = 24.0
    private static let bottom = 285.0

    func svg() -> String {
        var svg = SVG(width: Self.width, height: Self.height)
        let steps = knee.steps
        let highest = steps.map(\.throughput_ops_s).max() ?? 1
        let latencies = steps.flatMap { [$0.latency_us.p50, $0.latency_us.p99] }.map { Double($0) }
        let x = Scale.linear(0...highest * 1.05, Self.left, Self.right)
        let y = Scale.logarithmic(
            (latencies.min() ?? 1) * 0.7...(latencies.max() ?? 1) * 1.4, Self.bottom, Self.top)
        axes(&svg, x, y)
        for (style, latency) in [("p99", \RunReport.Latency.p99), ("p50", \.p50)] {
            let places = steps.map {
                SVG.Point(
                    x: x.place($0.throughput_ops_s),
                    y: y.place(Double($0.latency_us[keyPath: latency]))
                )
            }
            svg.polyline(places, "line \(style)")
            for place in places { svg.circle(place, radius: 3, "dot \(style)") }
            if let last = places.last {
                svg.text(style, SVG.Point(x: last.x + 8, y: last.y + 4), "label \(style)")
            }
        }
        rungs(&svg, x, y)
        return svg.html("Latency against throughput, for rising numbers of operations in flight")
    }

    private func axes(_ svg: inout SVG, _ x: Scale, _ y: Scale) {
        for tick in y.ticks() {
            let place = y.place(tick)
            svg.line(
                SVG.Point(x: Self.left, y: place), SVG.Point(x: Self.right, y: place), "grid")
            svg.text(
                duration(tick), SVG.Point(x: Self.left - 8, y: place + 4), "tick", anchor: "end")
        }
        for tick in x.ticks(6) {
            svg.text(
                short(tick), SVG.Point(x: x.place(tick), y: Self.bottom + 18), "tick",
                anchor: "middle")
        }
        svg.line(
            SVG.Point(x: Self.left, y: Self.bottom), SVG.Point(x: Self.right, y: Self.bottom),
            "axis")
        svg.text(
            "operations acknowledged per second", SVG.Point(x: Self.right, y: Self.bottom + 38),
            "tick", anchor: "end")
        svg.text("latency", SVG.Point(x: Self.left, y: Self.top - 8), "tick", anchor: "end")
    }

    /// Names the steps under the median, where there is room, and marks the knee.
    private func rungs(_ svg: inout SVG, _ x: Scale, _ y: Scale) {
        var free = 0.0
        for step in knee.steps {
            let isKnee = step.in_flight == knee.knee?.in_flight
            let place = SVG.Point(
                x: x.place(step.throughput_ops_s), y: y.place(Double(step.latency_us.p50)))
            if isKnee {
                svg.line(
                    SVG.Point(x: place.x, y: Self.top), SVG.Point(x: place.x, y: Self.bottom),
                    "knee")
                svg.circle(place, radius: 7, "ring")
                svg.text(
                    "knee: \(grouped(UInt64(step.throughput_ops_s)))/s",
                    SVG.Point(x: place.x - 8, y: Self.top + 10), "label strong", anchor: "end")
            }
            let text = grouped(UInt64(step.in_flight))
            guard isKnee || place.x >= free else { continue }
            svg.text(text, SVG.Point(x: place.x, y: place.y + 18), "tick", anchor: "middle")
            free = place.x + 14 + 7 * Double(text.count)
        }
    }
}
