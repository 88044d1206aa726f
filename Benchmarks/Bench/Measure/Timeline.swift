import Histogram

/// The run in windows of 100 ms, over all clients.
struct Timeline: Sendable {
    /// One finished window, as the report shows it.
    struct Point: Sendable, Equatable, Codable {
        var t_ms: Int
        var ok: UInt64
        var failed: UInt64
        var unknown: UInt64
        var shed: UInt64
        var p50_us: UInt64
        var p99_us: UInt64
        var max_us: UInt64
    }

    private var windows: [Int: Window] = [:]
    private var finished: [Int: Point] = [:]
    private let count: Int
    /// Parts of the run that are summed on their own.
    private let stretches: Stretches?

    /// A timeline of so many windows; those in which nothing was answered are zero.
    init(seconds: Double, stretches: Stretches? = nil) {
        self.stretches = stretches
        count = Int((seconds * 1e9 / Double(Window.nanoseconds)).rounded(.up))
    }

    /// Adds a window of one client.
    ///
    /// A client that was long without answers hands it over late; then only the counts are added,
    /// the percentiles stay those of the others.
    mutating func add(_ window: Window) {
        stretches?.add(window)
        if finished[window.position] != nil {
            finished[window.position]?.ok += window.ok
            finished[window.position]?.failed += window.failed
            finished[window.position]?.unknown += window.unknown
            finished[window.position]?.shed += window.shed
            return
        }
        windows[window.position]?.merge(window)
        if windows[window.position] == nil { windows[window.position] = window }
    }

    /// The counts of the windows from `start` on, for a line of progress.
    func recent(from start: Int) -> Window {
        var sum = Window(position: start)
        for window in windows.values where window.position >= start { sum.merge(window) }
        return sum
    }

    /// Forgets the histograms of windows before `position`, which every client has handed over.
    mutating func finish(before position: Int) {
        for (key, window) in windows where key < position {
            finished[key] = Point(window)
            windows[key] = nil
        }
    }

    /// Every window of the run, in order.
    func points() -> [Point] {
        (0..<count).map { position in
            if let window = windows[position] { return Point(window) }
            return finished[position] ?? Point(Window(position: position))
        }
    }
}

extension Timeline.Point {
    init(_ window: Window) {
        t_ms = window.position * Int(Window.nanoseconds / 1_000_000)
        ok = window.ok
        failed = window.failed
        unknown = window.unknown
        shed = window.shed
        p50_us = ok == 0 ? 0 : window.latency.valueAtPercentile(50)
        p99_us = ok == 0 ? 0 : window.latency.valueAtPercentile(99)
        max_us = ok == 0 ? 0 : window.latency.max
    }
}
