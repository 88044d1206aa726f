/// What happens to the servers while the load runs.
package enum Scenario: String, Sendable, Codable, CaseIterable {
    case steady
    case killOwner = "kill-owner"
    case killFollower = "kill-follower"
    case pauseOwner = "pause-owner"

    /// What happens, in one line.
    var summary: String {
        switch self {
        case .steady: "nothing fails"
        case .killOwner: "the server that owns the object is killed, and started again"
        case .killFollower: "another server is killed, and started again"
        case .pauseOwner: "the server that owns the object stands still, and goes on"
        }
    }

    /// Every scenario that servers with these options can have.
    package static func all(for options: RunOptions) -> [Scenario] {
        allCases.filter { scenario in
            var options = options
            options.scenario = scenario
            do throws(BenchError) {
                try options.validate()
                return true
            } catch {
                return false
            }
        }
    }

    /// A line for each scenario.
    package static func list() -> [String] {
        allCases.map { padRight($0.rawValue, 22) + $0.summary }
    }

    /// Whether a process is signalled, which takes its process id.
    package var injectsFault: Bool { self != .steady }

    /// Whether another server must own the object afterwards for the run to mean anything.
    var expectsNewOwner: Bool { self == .killOwner || self == .pauseOwner }
}
