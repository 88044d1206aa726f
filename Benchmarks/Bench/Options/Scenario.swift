/// What happens to the servers while the load runs.
package enum Scenario: String, Sendable, Codable, CaseIterable {
    case steady
    case killOwner = "kill-owner"
    case killFollower = "kill-follower"
    case pauseOwner = "pause-owner"

    /// Whether a process is signalled, which takes its process id.
    package var injectsFault: Bool { self != .steady }

    /// Whether another server must own the object afterwards for the run to mean anything.
    var expectsNewOwner: Bool { self == .killOwner || self == .pauseOwner }
}
