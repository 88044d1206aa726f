internal import Synchronization

/// All alarms of a process: one task looks after them, as long as there are any.
///
/// Nearly every operation sets an alarm and cancels it before it is due. A timer for each would
/// wake a thread to be armed, and stay armed until long after.
final class AlarmClock: Sendable {
    private struct Setting: Sendable {
        let due: Duration
        let ring: @Sendable () -> Void
    }

    private struct State: Sendable {
        var settings: [UInt64: Setting] = [:]
        var lastNumber: UInt64 = 0
        var isTicking = false
    }

    static let shared = AlarmClock()

    private static let tick = Duration.milliseconds(50)

    private let state = Mutex(State())

    func set(_ due: Duration, _ ring: @escaping @Sendable () -> Void) -> Alarm {
        let (number, isFirst) = state.withLock { state in
            state.lastNumber += 1
            state.settings[state.lastNumber] = Setting(due: due, ring: ring)
            defer { state.isTicking = true }
            return (state.lastNumber, !state.isTicking)
        }
        if isFirst { Task { await self.run() } }
        return Alarm { self.state.withLock { _ = $0.settings.removeValue(forKey: number) } }
    }

    /// Ticks until no alarm is set.
    private func run() async {
        repeat { try? await Task.sleep(for: Self.tick) } while ringDue()
    }

    /// Rings what is due; false if nothing else is set.
    private func ringDue() -> Bool {
        let now = RealSurroundings().now
        let (due, goesOn) = state.withLock { state in
            let due = state.settings.filter { $0.value.due <= now }
            for number in due.keys { state.settings[number] = nil }
            state.isTicking = !state.settings.isEmpty
            return (due.values, state.isTicking)
        }
        // Outside of the lock: whoever rings may set another.
        for setting in due { setting.ring() }
        return goesOn
    }
}
