import Glibc

/// Nanoseconds of the monotonic clock.
func monotonicNow() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
}

/// The measured time of a run: between the warm-up and the stop.
struct MeasuredTime: Sendable {
    let start: UInt64
    let end: UInt64

    init(start: UInt64, seconds: Double) {
        self.start = start
        end = start + UInt64(seconds * 1e9)
    }

    init(start: UInt64, end: UInt64) {
        self.start = start
        self.end = end
    }

    /// How long it is.
    var seconds: Double { Double(end - start) / 1e9 }

    func contains(_ time: UInt64) -> Bool { time >= start && time < end }

    /// Milliseconds from the start; 0 before it.
    func milliseconds(_ time: UInt64) -> Double {
        time < start ? 0 : Double(time - start) / 1e6
    }

    /// Nanoseconds of the clock at that many seconds from the start.
    func at(_ seconds: Double) -> UInt64 { start + UInt64(seconds * 1e9) }
}
