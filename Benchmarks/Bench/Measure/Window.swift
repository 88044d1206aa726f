import Histogram

/// The answers of 100 ms.
struct Window: Sendable {
    static let nanoseconds: UInt64 = 100_000_000

    static let widthMilliseconds = Double(nanoseconds) / 1e6

    /// A latency above this is counted as this: 100 seconds.
    static let highestMicroseconds: UInt64 = 100_000_000

    /// Which window of the measured time it is, from 0.
    let position: Int
    var ok: UInt64 = 0
    var failed: UInt64 = 0
    var unknown: UInt64 = 0
    /// Operations of an open loop that were due and for which there was no room.
    var shed: UInt64 = 0

    /// In microseconds, to two digits: many windows are held at a time.
    var latency = Histogram<UInt32>(
        highestTrackableValue: highestMicroseconds, numberOfSignificantValueDigits: .two)

    init(position: Int) { self.position = position }

    /// Adds what another client measured in the same window.
    mutating func merge(_ other: Window) {
        ok += other.ok
        failed += other.failed
        unknown += other.unknown
        shed += other.shed
        latency.add(other.latency)
    }

    static func position(of time: UInt64, in measured: MeasuredTime) -> Int {
        Int((time - measured.start) / nanoseconds)
    }

    /// A histogram for the whole run, to three digits.
    static func detailedHistogram() -> Histogram<UInt64> {
        Histogram(
            highestTrackableValue: highestMicroseconds, numberOfSignificantValueDigits: .three)
    }
}
