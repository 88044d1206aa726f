/// One run over time: what the clients got, how long it took, who owned the object, and who was
/// behind.
struct TimelineChart {
    let report: RunReport

    static let width = 960.0
    static let left = 70.0
    static let right = 930.0
    private static let rates = 40.0...170.0
    private static let latencies = 192.0...290.0
    private static let strips = 306.0
    private static let stripHeight = 13.0
    private static let windowMilliseconds = Double(Window.nanoseconds) / 1e6

    private var span: Double {
        Double(report.timeline.count) * Self.windowMilliseconds
    }
    private var x: Scale { .linear(0...max(span, 1), Self.left, Self.right) }
    private var lagRows: [Course.Lag] { report.course?.lag ?? [] }
    private var height: Double { Self.strips + Double(lagRows.count + 1) * 17 + 34 }

    func svg() -> String {
        var svg = SVG(width: Self.width, height: height)
        rates(&svg)
        latency(&svg)
        owners(&svg)
        lags(&svg)
        times(&svg)
        markers(&svg)
        return svg.html(
            "\(report.scenario.name): throughput, latency, owner and lag over time")
    }

    // MARK: What the clients got

    private func rates(_ svg: inout SVG) {
        let points = report.timeline
        let perSecond = 1000 / Self.windowMilliseconds
        let stacks: [(String, [Double])] = layers().map { name, values in
            (name, values.map { $0 * perSecond })
        }
        var sums = [Double](repeating: 0, count: points.count)
        for (_, values) in stacks { for (at, value) in values.enumerated() { sums[at] += value } }
        let y = Scale.linear(
            0...max(sums.max() ?? 1, 1) * 1.05, Self.rates.upperBound, Self.rates.lowerBound)
        grid(&svg, y, ticks: y.ticks(3)) { "\(short($0))/s" }
        title(&svg, "operations", above: Self.rates.lowerBound)
        var below = [Double](repeating: 0, count: points.count)
        for (name, values) in stacks where values.contains(where: { $0 > 0 }) {
            let above = zip(below, values).map { $0 + $1 }
            svg.band(steps(above, y), steps(below, y), "area \(name)")
            below = above
        }
    }

    private func layers() -> [(String, [Double])] {
        let points = report.timeline
        return [
            ("ok", points.map { Double($0.ok) }), ("failed", points.map { Double($0.failed) }),
            ("unknown", points.map { Double($0.unknown) }),
            ("shed", points.map { Double($0.shed) }),
        ]
    }

    /// Two places for each window, as high as its value.
    private func steps(_ values: [Double], _ y: Scale) -> [SVG.Point] {
        values.enumerated().flatMap { position, value in
            [position, position + 1].map {
                SVG.Point(
                    x: x.place(Double($0) * Self.windowMilliseconds), y: y.place(value))
            }
        }
    }

    // MARK: How long it took

    private func latency(_ svg: inout SVG) {
        let answered = report.timeline.filter { $0.ok > 0 }
        guard !answered.isEmpty else { return }
        let lowest = answered.map(\.p50_us).min() ?? 1
        let highest = answered.map(\.p99_us).max() ?? 1
        let y = Scale.logarithmic(
            Double(max(lowest, 1)) * 0.8...Double(highest) * 1.2, Self.latencies.upperBound,
            Self.latencies.lowerBound)
        grid(&svg, y, ticks: y.ticks(), duration)
        title(&svg, "latency, p50 to p99", above: Self.latencies.lowerBound)
        // Where nothing was answered there is no latency, and the lines break.
        for part in report.timeline.split(whereSeparator: { $0.ok == 0 }) {
            let upper = places(part, \.p99_us, y)
            let lower = places(part, \.p50_us, y)
            svg.band(upper, lower, "area latency")
            svg.polyline(upper, "line p99")
            svg.polyline(lower, "line p50")
        }
    }

    private func places(
        _ points: ArraySlice<Timeline.Point>, _ value: KeyPath<Timeline.Point, UInt64>, _ y: Scale
    ) -> [SVG.Point] {
        points.flatMap { point in
            [0, Self.windowMilliseconds].map {
                SVG.Point(
                    x: x.place(Double(point.t_ms) + $0), y: y.place(Double(point[keyPath: value])))
            }
        }
    }

    private func title(_ svg: inout SVG, _ text: String, above y: Double) {
        svg.text(text, SVG.Point(x: Self.left + 4, y: y - 5), "tick")
    }

    private func grid(
        _ svg: inout SVG, _ y: Scale, ticks: [Double], _ label: (Double) -> String
    ) {
        for tick in ticks {
            let place = y.place(tick)
            svg.line(
                SVG.Point(x: Self.left, y: place), SVG.Point(x: Self.right, y: place), "grid")
            svg.text(
                label(tick), SVG.Point(x: Self.left - 8, y: place + 4), "tick", anchor: "end")
        }
    }
}

// MARK: - Inside the cluster

extension TimelineChart {
    private func owners(_ svg: inout SVG) {
        guard let course = report.course else { return }
        svg.text(
            "owner", SVG.Point(x: Self.left - 8, y: Self.strips + 11), "tick", anchor: "end")
        for (position, tenure) in course.tenures.enumerated() {
            let next = course.tenures.dropFirst(position + 1).first?.t_ms ?? span
            let from = x.place(tenure.t_ms)
            let width = max(1, x.place(next) - from)
            svg.rectangle(
                SVG.Point(x: from, y: Self.strips), width: width, height: Self.stripHeight,
                "node n\(tenure.node)", title: "node \(tenure.node), ballot \(tenure.ballot)")
            guard width > 60 else { continue }
            svg.text(
                "node \(tenure.node)", SVG.Point(x: from + 5, y: Self.strips + 10.5), "onnode")
        }
    }

    /// A strip for each node, the darker the more entries it was behind.
    private func lags(_ svg: inout SVG) {
        for (row, lag) in lagRows.enumerated() {
            let y = Self.strips + Double(row + 1) * 17
            let most = lag.entries.max() ?? 0
            svg.text(
                "lag of \(lag.node)", SVG.Point(x: Self.left - 8, y: y + 11), "tick",
                anchor: "end")
            svg.rectangle(
                SVG.Point(x: Self.left, y: y), width: Self.right - Self.left,
                height: Self.stripHeight, "empty",
                title: "node \(lag.node) was at most \(grouped(most)) entries behind")
            runs(of: lag, &svg, y)
        }
    }

    private func runs(of lag: Course.Lag, _ svg: inout SVG, _ y: Double) {
        let depth = Scale.logarithmic(100...1_000_000, 0.1, 1)
        var start = 0
        while start < lag.entries.count {
            let shade = (depth.place(Double(lag.entries[start])) * 10).rounded() / 10
            let isBehind = lag.entries[start] >= 100
            var end = start + 1
            while end < lag.entries.count, (lag.entries[end] >= 100) == isBehind,
                (depth.place(Double(lag.entries[end])) * 10).rounded() / 10 == shade
            {
                end += 1
            }
            if isBehind {
                let from = x.place(Double(start) * Self.windowMilliseconds)
                let to = x.place(Double(end) * Self.windowMilliseconds)
                svg.rectangle(
                    SVG.Point(x: from, y: y), width: to - from, height: Self.stripHeight, "lag",
                    opacity: shade)
            }
            start = end
        }
    }

    private func times(_ svg: inout SVG) {
        let bottom = height - 24
        svg.line(
            SVG.Point(x: Self.left, y: bottom), SVG.Point(x: Self.right, y: bottom), "axis")
        for tick in Scale.linear(0...span / 1000, 0, 1).ticks(8) {
            svg.text(
                "\(number(tick)) s", SVG.Point(x: x.place(tick * 1000), y: bottom + 16), "tick",
                anchor: "middle")
        }
    }

    /// A numbered line for each step; the numbers give way to each other.
    private func markers(_ svg: inout SVG) {
        var free = 0.0
        for (position, marker) in (report.course?.markers?.steps ?? []).enumerated() {
            let place = x.place(marker.ms)
            let badge = max(place, free)
            svg.line(
                SVG.Point(x: place, y: 30), SVG.Point(x: place, y: height - 24),
                "marker \(marker.isFault ? "fault" : "step")")
            svg.line(SVG.Point(x: badge, y: 20), SVG.Point(x: place, y: 30), "marker step")
            svg.circle(SVG.Point(x: badge, y: 13), radius: 8.5, "badge")
            svg.text(
                "\(position + 1)", SVG.Point(x: badge, y: 17), "onbadge", anchor: "middle")
            free = badge + 19
        }
    }
}

extension Course.Markers {
    /// A step that happened.
    struct Step {
        var name: String
        var ms: Double
        /// Whether it was done to the cluster, and not by it.
        var isFault: Bool
    }

    /// What happened, in the order of its times.
    var steps: [Step] {
        let all: [(String, Double?, Bool)] = [
            ("injected", injected_ms, true), ("detected", detected_ms, false),
            ("elected", elected_ms, false), ("first commit", first_commit_ms, false),
            ("healed", healed_ms, true), ("caught up", caught_up_ms, false),
        ]
        return all.compactMap { name, ms, isFault in
            ms.map { Step(name: name, ms: $0, isFault: isFault) }
        }.sorted { $0.ms < $1.ms }
    }
}
