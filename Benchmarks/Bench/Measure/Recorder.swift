import Histogram
import Synchronization

/// What one client measured, in windows of 100 ms. The client's loop thread takes the lock once
/// per batch of answers; the reporter takes finished windows away once per second, so memory does
/// not grow with the run.
final class Recorder: Sendable {
    struct State: Sendable {
        fileprivate let measured: MeasuredTime
        fileprivate var finished: [Window] = []
        fileprivate var current: Window
        fileprivate var total = Window.detailedHistogram()

        fileprivate init(_ measured: MeasuredTime) {
            self.measured = measured
            current = Window(position: 0)
        }
    }

    private let state: Mutex<State>

    init(_ measured: MeasuredTime) {
        state = Mutex(State(measured))
    }

    /// Records answers that arrived together.
    func record(at now: UInt64, _ body: (inout State) -> Void) {
        state.withLock { state in
            guard state.measured.contains(now) else { return }
            state.turn(to: Window.position(of: now, in: state.measured))
            body(&state)
        }
    }

    /// Takes what is complete, and at the end of the run everything.
    func takeWindows(all: Bool = false) -> [Window] {
        state.withLock { state in
            if all { state.turn(to: state.current.position + 1) }
            defer { state.finished = [] }
            return state.finished
        }
    }

    /// Every latency of the measured time, in microseconds.
    func total() -> Histogram<UInt64> { state.withLock { $0.total } }
}

extension Recorder.State {
    mutating func acknowledged(nanoseconds: UInt64) {
        let microseconds = min(max(nanoseconds / 1000, 1), Window.highestMicroseconds)
        current.ok += 1
        current.latency.record(microseconds)
        total.record(microseconds)
    }

    mutating func failed() { current.failed += 1 }

    mutating func unknown() { current.unknown += 1 }

    fileprivate mutating func turn(to position: Int) {
        guard position != current.position else { return }
        finished.append(current)
        current = Window(position: position)
    }
}
