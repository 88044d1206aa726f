extension BenchRun.Loaded {
    /// Fills in what the faults did: one of them, or those of windows that took turns.
    mutating func fill(
        _ taken: Turns.Taken?, _ options: RunOptions, _ stretches: Stretches, _ gaps: GapTracker
    ) {
        guard let taken, let interleaving = options.interleaving else {
            report.fillGaps(gaps, measured, strike?.times)
            report.fillRecovery(measured, strike?.times)
            return
        }
        let windows = taken.windows(interleaving, stretches, report.timeline, measured)
        report.windows = windows
        report.reason = taken.complaint(options.scenario) ?? report.reason
        report.unavailable_ms = windows.middle?.faulty.longest_gap_ms
        report.recovery = windows.middle?.recovery
        strike = taken.middle(of: windows)
        shown = windows.middle.map(windows.positions)
    }
}

extension Interleaved {
    /// The windows of 100 ms from the beginning of a pair to its end.
    func positions(of pair: Pair) -> Range<Int> {
        let width = Int(Window.widthMilliseconds)
        let count = Int(window_s * 1000) / width
        return pair.healthy.t_ms / width..<pair.mending.t_ms / width + count
    }
}

extension RunReport {
    /// Keeps of the picture only what lies in these windows of 100 ms, and counts from there.
    mutating func show(only positions: Range<Int>) {
        let start = Double(positions.lowerBound) * Window.widthMilliseconds
        let end = Double(positions.upperBound) * Window.widthMilliseconds
        timeline = Array(timeline[positions.clamped(to: timeline.indices)])
        for position in timeline.indices { timeline[position].t_ms -= Int(start) }
        events = events.filter { $0.t_ms >= start && $0.t_ms < end }.map {
            Event(t_ms: (($0.t_ms - start) * 10).rounded() / 10, what: $0.what)
        }
        course?.show(from: start, until: end, positions)
    }
}

extension Course {
    /// Keeps only what lies between two times, and counts from the first.
    mutating func show(from start: Double, until end: Double, _ positions: Range<Int>) {
        let before = tenures.last { $0.t_ms < start }.map { tenure in
            Tenure(t_ms: start, node: tenure.node, ballot: tenure.ballot)
        }
        let within = tenures.filter { $0.t_ms >= start && $0.t_ms < end }
        tenures = ([before].compactMap { $0 } + within).map {
            Tenure(t_ms: $0.t_ms - start, node: $0.node, ballot: $0.ballot)
        }
        for position in lag.indices {
            let entries = lag[position].entries
            lag[position].entries = Array(entries[positions.clamped(to: entries.indices)])
        }
        markers?.shift(by: -start)
    }
}

extension Course.Markers {
    fileprivate mutating func shift(by milliseconds: Double) {
        func moved(_ time: Double?) -> Double? { time.map { $0 + milliseconds } }
        injected_ms += milliseconds
        detected_ms = moved(detected_ms)
        elected_ms = moved(elected_ms)
        first_commit_ms = moved(first_commit_ms)
        healed_ms += milliseconds
        caught_up_ms = moved(caught_up_ms)
    }
}
