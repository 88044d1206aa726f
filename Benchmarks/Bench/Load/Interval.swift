/// When an operation ran, as its client saw it, in nanoseconds of the monotonic clock.
struct Interval: Sendable, Equatable {
    /// Before it was first submitted.
    var called: UInt64

    /// After its answer came; `.max` if none came that settled it.
    var returned: UInt64 = .max

    /// Whether it was over when the other one had not begun.
    func precedes(_ other: Interval) -> Bool { returned < other.called }
}
