import Histogram
import Synchronization

/// What one client measured, in windows of 100 ms.
///
/// The client's loop thread takes the lock once per batch of answers; the reporter takes finished
/// windows away once per second, so memory does not grow with the run.
final class Recorder: Sendable {
    struct State: Sendable {
        fileprivate var measured: MeasuredTime?
        fileprivate var isMeasured = false
        fileprivate var finished: [Window] = []
        fileprivate var current = Window(position: 0)
        fileprivate var total = Window.detailedHistogram()
        fileprivate var lateness = Window.detailedHistogram()
        fileprivate var offered: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Says what is to be measured; before that nothing is.
    func begin(_ measured: MeasuredTime) {
        state.withLock { $0.measured = measured }
    }

    /// Records answers that arrived together; outside of the measured time they do not count.
    func record(at now: UInt64, _ body: (inout State) -> Void) {
        state.withLock { state in
            state.begin(at: now)
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

    /// How much later than due each operation of an open loop was submitted, in microseconds.
    func lateness() -> Histogram<UInt64> { state.withLock { $0.lateness } }

    /// Operations of an open loop that became due in the measured time.
    func offered() -> UInt64 { state.withLock { $0.offered } }
}

extension Recorder.State {
    /// Counts what an answer meant.
    mutating func count(_ reception: OperationLoop.Reception) {
        switch reception {
        case .acknowledged(let nanoseconds): acknowledged(nanoseconds: nanoseconds)
        case .refused: failed()
        case .unknown: unknown()
        case .nothing: break
        }
    }

    mutating func acknowledged(nanoseconds: UInt64) {
        guard isMeasured else { return }
        let microseconds = min(max(nanoseconds / 1000, 1), Window.highestMicroseconds)
        current.ok += 1
        current.latency.record(microseconds)
        total.record(microseconds)
    }

    mutating func failed(_ count: Int = 1) {
        if isMeasured { current.failed += UInt64(count) }
    }

    mutating func unknown() {
        if isMeasured { current.unknown += 1 }
    }

    /// Operations of an open loop became due, and for some of them there was no room.
    mutating func offered(_ count: Int, _ shed: Int) {
        guard isMeasured else { return }
        offered += UInt64(count)
        current.shed += UInt64(shed)
    }

    /// An operation was submitted so much later than it was due.
    mutating func submitted(late nanoseconds: UInt64) {
        guard isMeasured else { return }
        lateness.record(min(max(nanoseconds / 1000, 1), Window.highestMicroseconds))
    }

    fileprivate mutating func begin(at now: UInt64) {
        guard let measured, measured.contains(now) else {
            isMeasured = false
            return
        }
        isMeasured = true
        turn(to: Window.position(of: now, in: measured))
    }

    fileprivate mutating func turn(to position: Int) {
        guard position != current.position else { return }
        finished.append(current)
        current = Window(position: position)
    }
}
