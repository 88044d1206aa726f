/// A condition that did not come true in time.
public struct PollTimeout: Error, CustomStringConvertible {
    /// What was waited for, and for how long.
    public let description: String
}

/// Waits until `condition` is true, and looks again every few milliseconds.
///
/// ```swift
/// try await poll(until: "node 2 owns the object") { await node.isOwner }
/// ```
///
/// - Throws: ``PollTimeout`` once `deadline` has passed, or what `condition` throws.
public func poll(
    until what: String, within deadline: Duration = .seconds(20),
    every interval: Duration = .milliseconds(5),
    isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async throws {
    _ = try await poll(for: what, within: deadline, every: interval) {
        try await condition() ? true : nil
    }
}

/// Waits until `probe` returns a value, and returns it.
///
/// A pause that lasts much longer than asked for, because the machine is busy with other tests, is
/// not held against what is waited for: it counts as ten intervals at most.
///
/// - Throws: ``PollTimeout`` once `deadline` has passed, or what `probe` throws.
public func poll<Value>(
    for what: String, within deadline: Duration = .seconds(20),
    every interval: Duration = .milliseconds(5),
    isolation: isolated (any Actor)? = #isolation,
    _ probe: () async throws -> Value?
) async throws -> Value {
    let clock = ContinuousClock()
    var waited = Duration.zero
    while true {
        let asked = clock.now
        if let value = try await probe() { return value }
        let answered = clock.now
        if waited >= deadline {
            throw PollTimeout(description: "waited \(deadline) in vain: \(what)")
        }
        try await Task.sleep(for: interval, clock: clock)
        waited += (answered - asked) + min(clock.now - answered, interval * 10)
    }
}
