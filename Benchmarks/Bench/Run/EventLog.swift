import Synchronization

/// What happened during the run, each with its time.
final class EventLog: Sendable {
    private let state = Mutex<(measured: MeasuredTime?, events: [RunReport.Event])>((nil, []))
    private let progress: Progress

    init(_ progress: Progress) { self.progress = progress }

    func begin(_ measured: MeasuredTime) { state.withLock { $0.measured = measured } }

    func note(_ what: String, at time: UInt64 = monotonicNow()) {
        let isNew = state.withLock { state in
            guard let measured = state.measured else { return false }
            let milliseconds = measured.milliseconds(time)
            state.events.append(
                RunReport.Event(t_ms: (milliseconds * 10).rounded() / 10, what: what))
            return true
        }
        if isNew { progress.line("         ◀ \(what)") }
    }

    var events: [RunReport.Event] {
        state.withLock { $0.events.sorted { $0.t_ms < $1.t_ms } }
    }
}
