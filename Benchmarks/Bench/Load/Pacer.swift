import Foundation
import Synchronization

/// The thread that submits the operations of an open loop when they are due.
///
/// Answers submit what is due as well, so that under load this thread finds little to do.
final class Pacer: Sendable {
    /// The shortest pause between two looks: what becomes due meanwhile is submitted together.
    static let pause: UInt64 = 100_000
    private static let longestSleep: UInt64 = 1_000_000

    private let isStopped = Mutex(false)

    /// Calls `submit` at least when it asked to be called: it returns when it is due next.
    func start(_ submit: @escaping @Sendable (UInt64) -> UInt64) {
        Thread.detachNewThread { [self] in
            while !isStopped.withLock({ $0 }) {
                let now = monotonicNow()
                let due = min(submit(now), now + Self.longestSleep)
                Self.sleep(until: max(due, now + Self.pause))
            }
        }
    }

    /// Submits nothing more, but for what is being submitted now.
    func stop() { isStopped.withLock { $0 = true } }

    private static func sleep(until time: UInt64) {
        var when = timespec(
            tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
        _ = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, nil)
    }
}
