import ADOSpec
import Testing

@testable import ADOSimulator

/// A cluster whose violations are issues of the running test.
final class CoreCluster: Cluster {
    /// False in tests of the checks themselves.
    var recordsIssues = true

    override func report(_ violation: Violation) {
        guard recordsIssues else { return }
        Issue.record("\(violation) at \(now)\n\(trace.tail(30))\n\(recentPackets)")
    }
}
