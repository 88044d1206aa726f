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
/// - Throws: ``PollTimeout`` once `deadline` has passed, or what `probe` throws.
public func poll<Value>(
    for what: String, within deadline: Duration = .seconds(20),
    every interval: Duration = .milliseconds(5),
    isolation: isolated (any Actor)? = #isolation,
    _ probe: () async throws -> Value?
) async throws -> Value {
    let clock = ContinuousClock()
    let end = clock.now + deadline
    while true {
        if let value = try await probe() { return value }
        if clock.now >= end {
            throw PollTimeout(description: "waited \(deadline) in vain: \(what)")
        }
        try await Task.sleep(for: interval, clock: clock)
    }
}
