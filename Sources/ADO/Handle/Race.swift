internal import Synchronization

/// How waiting for an operation ended.
package enum Awaited<Value: Sendable>: Sendable {
    case finished(Value)
    /// The deadline passed first; the operation goes on.
    case late
    /// The waiting task was cancelled first; the operation goes on.
    case cancelled
}

/// Runs an operation and waits for it, but no longer than to a deadline or to cancellation.
///
/// The operation is never abandoned: a push that was sent must still be accounted for when its
/// answer comes. So it runs in a task of its own, and only the waiting ends early.
package func awaited<Value: Sendable>(
    for timeout: Duration, in surroundings: any Surroundings,
    _ operation: @escaping @Sendable () async -> Value
) async -> Awaited<Value> {
    let race = Race<Awaited<Value>>()
    surroundings.start { race.finish(.finished(await operation())) }
    return await race.value(within: timeout, in: surroundings)
}

/// A value that the first of several sets, and one task waits for.
package final class Race<Value: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Value, Never>)
        case finished(Value)
    }

    private let state = Mutex(State.open)

    /// Makes one without a value.
    package init() {}

    /// Sets the value, unless it is set.
    package func finish(_ value: Value) {
        let waiter: CheckedContinuation<Value, Never>? = state.withLock { state in
            switch state {
            case .finished:
                return nil
            case .open:
                state = .finished(value)
                return nil
            case .awaited(let waiter):
                state = .finished(value)
                return waiter
            }
        }
        // Outside of the lock: resuming may run the waiter.
        waiter?.resume(returning: value)
    }

    /// Waits for the value, as one task alone may.
    package func value() async -> Value {
        await withCheckedContinuation { waiter in
            let value: Value? = state.withLock { state in
                if case .finished(let value) = state { return value }
                state = .awaited(waiter)
                return nil
            }
            if let value { waiter.resume(returning: value) }
        }
    }
}

extension Race {
    /// Waits for a value that somebody else sets, but no longer than to a deadline or to
    /// cancellation.
    package func value<Result: Sendable>(
        within timeout: Duration, in surroundings: any Surroundings
    ) async -> Awaited<Result> where Value == Awaited<Result> {
        let alarm = surroundings.alarm(after: timeout) { self.finish(.late) }
        defer { alarm.cancel() }
        return await withTaskCancellationHandler {
            await value()
        } onCancel: {
            finish(.cancelled)
        }
    }
}
