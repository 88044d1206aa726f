import Synchronization

/// The pauses between acknowledged writes, over all clients.
///
/// Unavailability is what a user of the service would call it: the longest time in which no
/// write, of any client, was acknowledged.
final class GapTracker: Sendable {
    struct Gap: Sendable, Equatable {
        var start: UInt64
        var end: UInt64
        var nanoseconds: UInt64 { end - start }
    }

    /// A shorter pause is not worth remembering.
    static let shortest: UInt64 = 2_000_000

    /// More pauses than this are not remembered; the longest ones are.
    static let capacity = 256

    fileprivate struct State: Sendable {
        var last = UInt64.max
        var gaps: [Gap] = []
    }

    private let state = Mutex(State())

    /// Measures from `start` on; before that nothing counts.
    func begin(at start: UInt64) {
        state.withLock { $0 = State(last: start) }
    }

    /// At least one write was acknowledged at `now`.
    func acknowledged(at now: UInt64) {
        state.withLock { state in
            guard now > state.last else { return }
            state.note(Gap(start: state.last, end: now))
            state.last = now
        }
    }

    /// Ends the measured time: what is still unanswered is a pause that lasted until now.
    func close(at end: UInt64) { acknowledged(at: end) }

    /// The longest pause that touches the time from `start` to now, with the one that lasts.
    ///
    /// What ended before is forgotten: there is room for what comes.
    func takeLongest(since start: UInt64, now: UInt64) -> Gap {
        state.withLock { state in
            let lasting = Gap(start: min(state.last, now), end: now)
            state.gaps.removeAll { $0.end <= start }
            return (state.gaps + [lasting]).max { $0.nanoseconds < $1.nanoseconds } ?? lasting
        }
    }

    /// The pause that lasts; nil if a write was acknowledged just now.
    func lasting(at now: UInt64) -> Gap? {
        state.withLock { $0.last < now ? Gap(start: $0.last, end: now) : nil }
    }

    /// A pause that lasted, as it is now: to its end, or until now.
    func grown(_ gap: Gap, now: UInt64) -> Gap {
        state.withLock { state in
            if state.last == gap.start { return Gap(start: gap.start, end: max(gap.end, now)) }
            return state.gaps.first { $0.start == gap.start } ?? gap
        }
    }

    /// The longest pause that touches the time from `start` on.
    func longest(since start: UInt64) -> Gap? {
        state.withLock { state in
            state.gaps.filter { $0.end > start }.max { $0.nanoseconds < $1.nanoseconds }
        }
    }
}

extension GapTracker.State {
    fileprivate mutating func note(_ gap: GapTracker.Gap) {
        guard gap.nanoseconds >= GapTracker.shortest else { return }
        gaps.append(gap)
        guard gaps.count > GapTracker.capacity else { return }
        gaps.sort { $0.nanoseconds > $1.nanoseconds }
        gaps.removeLast(gaps.count - GapTracker.capacity / 2)
    }
}
