extension Load {
    /// Gives what rests another chance, again and again.
    func tick(until end: UInt64) async {
        while monotonicNow() < end, !Task.isCancelled {
            tick()
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Shows a line each second and keeps the windows.
    func watch(
        _ measured: MeasuredTime, _ progress: Progress, _ stretches: Stretches? = nil
    ) async -> Timeline {
        var timeline = Timeline(seconds: measured.seconds, stretches: stretches)
        var second = 1
        while measured.at(Double(second)) <= measured.end {
            await sleep(until: measured.at(Double(second)))
            if Task.isCancelled { return timeline }
            collect(into: &timeline)
            let recent = timeline.recent(from: (second - 1) * 10)
            progress.status(recent.line(second: second))
            timeline.finish(before: (second - 2) * 10)
            second += 1
        }
        return timeline
    }
}
