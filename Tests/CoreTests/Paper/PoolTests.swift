import CMultiPaxos
import Testing

@testable import ADOSimulator

/// Memory is bounded at the start: groups share one pool of batch identities.
@Suite struct `A small pool of batches` {
    @Test func `serves more groups than it could hold the logs of`() {
        var configuration = CoreCluster.Configuration()
        configuration.groupsMax = 64
        configuration.batchesMax = 64
        let cluster = CoreCluster(configuration)
        cluster.start()
        cluster.settle()
        for group in UInt64(1)...60 {
            for _ in 0..<20 where cluster[1].view(group).role != MP_OWNING {
                cluster.pull(1, group: group)
                cluster.settle()
                pass(cluster)
            }
            for number in 0..<6 {
                for _ in 0..<20 where cluster.ledger.committed(group) == UInt64(number) {
                    // A full pool is a matter of time: quiet groups give theirs back after T.
                    cluster.invoke(1, "\(number)", group: group)
                    cluster.push(1, group: group)
                    cluster.settle()
                    if cluster.ledger.committed(group) == UInt64(number) { pass(cluster) }
                }
                #expect(cluster.ledger.committed(group) == UInt64(number) + 1)
            }
        }
        #expect(cluster.violations.isEmpty)
    }

    /// A node whose own tail fills the pool could never adopt the better log, if that needed room
    /// before the tail was given back.
    @Test func `has room for what replaces a tail that fills it`() {
        var configuration = CoreCluster.Configuration()
        configuration.batchesMax = 16
        configuration.window = 16
        let cluster = CoreCluster(configuration)
        cluster.start()
        cluster.settle()
        cluster.own(1)
        for number in 0..<16 { #expect(cluster.invoke(1, "\(number)") == MP_OK) }
        cluster.push(1)
        cluster.flush(1)
        cluster.take()

        cluster.own(2, among: [2, 3])
        cluster.invoke(2, "other")
        cluster.push(2)
        cluster.settle(among: [2, 3])
        for _ in 0..<20 where cluster[1].log() != ["other"] {
            cluster.timeOut(2)
            cluster.settle()
        }
        #expect(cluster[1].log() == ["other"])
    }

    /// Lets T/4 pass.
    private func pass(_ cluster: CoreCluster) {
        let end = cluster.now + T / 4
        for voter in cluster.voters {
            while cluster[voter].deadline <= end { cluster.timeOut(voter) }
        }
        cluster.now = max(cluster.now, end)
        cluster.settle()
    }
}
