import CMultiPaxos
import Foundation
import Testing

@testable import ADOSimulator

@Suite struct `Another build of the core` {
    @Test func `is refused in one sentence if it is not there`() {
        #expect {
            try Simulator(corePath: "/nowhere/core.so")
        } throws: { error in
            "\(error)".contains("cannot load the core from /nowhere/core.so")
        }
    }

    @Test func `is stopped by a failed assertion, and the run goes on to its report`() {
        _ = Simulator()
        var broken = CoreLibrary.linked
        broken.check = { _ in abort() }
        var configuration = Cluster.Configuration()
        configuration.core = broken
        configuration.care.isGuarded = true
        for _ in 0..<3 {
            let cluster = Cluster(configuration)
            cluster.start()
            #expect(cluster.violations.first?.rule == RunRule.invariant.rawValue)
        }
    }
}
