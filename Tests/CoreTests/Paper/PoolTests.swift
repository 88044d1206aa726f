import CMultiPaxos
import Testing

@testable import ADOSimulator

/// Memory is bounded at the start: groups share one pool of batch identities, and each has a share
/// of it that no other takes.
@Suite struct `A pool of batches for several groups` {
    @Test func `lends to each what the others do not need now`() {
        let groups: ClosedRange<UInt64> = 1...6
        let cluster = cluster(groups: 6, lent: 16)
        for group in groups {
            own(cluster, 1, group)
            for number in UInt64(0)..<40 {
                #expect(cluster.invoke(1, "\(number)", group: group) == MP_OK)
                cluster.push(1, group: group)
                cluster.settle()
                #expect(cluster.ledger.committed(group) == number + 1)
            }
            // Which of them borrow is a matter of time: quiet groups give back.
            if group == 3 { for _ in 0..<8 { pass(cluster) } }
        }
        #expect(cluster.violations.isEmpty)
    }

    /// Owner after owner adds its barrier to what it inherited and loses touch.
    ///
    /// If their batches could fill the pool, no group could append anything any more, on any node,
    /// for ever.
    @Test func `has room for one group, whatever others never committed`() {
        let cluster = cluster(groups: 3)
        for attempt in 0..<110 {
            addBarrier(cluster, 1, group: 1, calls: attempt == 0 ? 16 : 0)
            addBarrier(cluster, 2, group: 2, calls: attempt == 0 ? 16 : 0)
        }
        for node in cluster.voters {
            own(cluster, node, 3)
            let before = cluster.ledger.committed(3)
            #expect(cluster.invoke(node, "by \(node)", group: 3) == MP_OK)
            cluster.push(node, group: 3)
            cluster.settle()
            #expect(cluster.ledger.committed(3) > before)
        }
        #expect(cluster.violations.isEmpty)
    }

    @Test func `has room on each node for what each group inherits, and its barrier`() {
        let cluster = cluster(groups: 3)
        for (node, group) in zip(cluster.voters, UInt64(1)...3) {
            for attempt in 0..<14 {
                addBarrier(cluster, node, group: group, calls: attempt == 0 ? 15 : 0)
            }
            #expect(cluster[node].view(group).tip.index == 29)
        }
        for group in UInt64(1)...3 {
            // The node that holds the tail is of the quorum, so that the tail is inherited.
            cluster.release(1, group: group)
            own(cluster, 1, group, among: [1, max(2, group)])
            #expect(cluster.barrier(1, group: group) == MP_OK)
            cluster.push(1, group: group)
            cluster.settle()
            #expect(cluster.ledger.committed(group) == 30)
        }
        #expect(cluster.violations.isEmpty)
    }

    /// Calls wait while something is inherited, so that barriers have the rest of the share.
    @Test func `refuses a batch that would outgrow the share`() {
        let cluster = cluster(groups: 1)
        for attempt in 0..<100 { addBarrier(cluster, 1, group: 1, calls: attempt == 0 ? 16 : 0) }
        #expect(cluster[1].view(1).tip.index == UInt64(MP_SHARE) - 1)
        own(cluster, 1, 1)
        #expect(cluster.invoke(1, "one more") == MP_BUSY)
        #expect(cluster[1].view(1).window_free == 0)
    }

    /// A follower that did not hear for long what is committed takes no more than its owner has.
    @Test func `is not filled at a follower by what its owner has committed`() {
        let cluster = cluster(groups: 1)
        own(cluster, 1, 1)
        for number in 0..<100 {
            cluster.invoke(1, "\(number)")
            cluster.push(1)
            // Not a notice passes: only accepts tell what is committed.
            cluster.settle { !$0.is(MP_MESSAGE_COMMIT) }
        }
        #expect(cluster.ledger.committed(1) == 100)
        #expect(cluster[2].view(1).commit.index == 99)
        cluster.crash(2)
        cluster.start(2)
        #expect(cluster[2].view(1).tip.index == 100)
    }

    /// A node whose own tail fills its share could never adopt the better log, if that needed room
    /// before the tail was given back.
    @Test func `has room for what replaces a tail that fills it`() {
        let cluster = cluster(groups: 1)
        for attempt in 0..<100 { addBarrier(cluster, 1, group: 1, calls: attempt == 0 ? 16 : 0) }

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

    @Test func `is not made with less than a share for each`() {
        var options = mp_options()
        options.node = 1
        options.voters.0 = 1
        options.voter_count = 1
        options.votes = true
        options.window = 1
        options.timeout_us = T
        options.fetch_bytes = 1
        options.groups_max = 4
        for (batches, status) in [(127, MP_TOO_BIG), (128, MP_OK)] {
            options.batches_max = UInt32(batches)
            let size = mp_replica_size(&options)
            let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
            defer { memory.deallocate() }
            var made: OpaquePointer?
            #expect(mp_replica_init(memory, size, &options, &made) == status)
        }
    }

    // MARK: Steps

    private func cluster(groups: UInt32, lent: UInt32 = 0) -> CoreCluster {
        var configuration = CoreCluster.Configuration()
        configuration.groupsMax = groups
        configuration.batchesMax = groups * 32 + lent
        configuration.window = 16
        let cluster = CoreCluster(configuration)
        cluster.start()
        cluster.settle()
        return cluster
    }

    private func own(
        _ cluster: CoreCluster, _ node: UInt64, _ group: UInt64, among nodes: Set<UInt64>? = nil
    ) {
        for _ in 0..<8 where cluster[node].view(group).role != MP_OWNING {
            cluster.pull(node, group: group)
            cluster.settle(among: nodes ?? Set(cluster.voters))
        }
    }

    /// Pulls anew, invokes calls and then a barrier if there is room, and loses all accepts.
    private func addBarrier(_ cluster: CoreCluster, _ node: UInt64, group: UInt64, calls: Int) {
        cluster.release(node, group: group)
        own(cluster, node, group)
        for call in 0..<calls { cluster.invoke(node, "\(call)", group: group) }
        cluster.push(node, group: group)
        cluster.barrier(node, group: group)
        cluster.push(node, group: group)
        cluster.flush(node)
        cluster.take()
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
