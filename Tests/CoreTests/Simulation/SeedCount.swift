import CMultiPaxos
import Foundation
import Testing

@testable import ADOSimulator

/// `CORE_SEEDS=5000` runs that many seeds instead of 200.
let seedCount = ProcessInfo.processInfo.environment["CORE_SEEDS"].flatMap(UInt64.init)

extension Simulation {
    /// A run whose violations are issues of the running test.
    static func recorded(_ plan: Plan) -> Simulation {
        Simulation(plan, cluster: CoreCluster(plan.configuration))
    }
}
