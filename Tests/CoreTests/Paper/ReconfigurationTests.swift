import CMultiPaxos
import Testing

@testable import ADOSimulator

/// MODEL.md, section 6, after Adore (PLDI 2022): a configuration takes effect at once.
///
/// It does so under three conditions, R1+, R2 and R3.
@Suite struct `A configuration` {
    // MARK: The run without R3

    /// S1 appends "without S4", which nobody hears of.
    ///
    /// S2 is elected by S2, S3 and S4, appends "without S3" and commits it with S2 and S4. S1 comes
    /// back and, by its own configuration, has a quorum with S3. R3 is what forbids the first step.
    @Test func `needs something of the own ballot committed first, or quorums part`() {
        let cluster = CoreCluster(voters: 4)
        cluster.start()
        cluster.settle()
        #expect(cluster.own(1)?.kind == MP_PULLED)
        #expect(cluster.reconfigure(1, [1, 2, 3]) == MP_NOT_READY)
        commitBarrier(1, among: [1, 2, 3, 4], cluster)

        #expect(cluster.reconfigure(1, [1, 2, 3]) == MP_OK)
        cluster.push(1)
        cluster.flush(1)
        cluster.take()
        cluster.crash(1)

        #expect(cluster.own(2, among: [2, 3, 4])?.kind == MP_PULLED)
        #expect(cluster.reconfigure(2, [1, 2, 4]) == MP_NOT_READY)
        commitBarrier(2, among: [2, 3, 4], cluster)
        #expect(cluster.reconfigure(2, [1, 2, 4]) == MP_OK)
        cluster.push(2)
        cluster.settle(among: [2, 4])
        let committed = cluster.ledger.committed(1)
        #expect(cluster.ledger.voters(1) == cluster.voterSet(of: [1, 2, 4]))

        // S3 knows the barrier of S2's ballot: with it goes the configuration of all four, of which
        // S1 and S3 are no quorum.
        cluster.start(1)
        #expect(cluster.own(1, among: [1, 3])?.kind != MP_PULLED)
        #expect(cluster.ledger.committed(1) == committed)
        #expect(cluster.violations.isEmpty)
    }

    /// The same run as it would be without R3, put on the disks: the checks see two histories.
    @Test func `invoked without that is seen to commit two histories`() {
        let (old, new) = (mp_ballot(2, 1), mp_ballot(3, 2))
        let first = CoreCluster.chain(("x", mp_ballot(1, 1)))
        let cluster = CoreCluster(voters: 4)
        cluster.recordsIssues = false
        cluster.preload(
            1, first + [configuration([1, 2, 3], old, after: first)], promised: old,
            committed: 1)
        let other = first + [configuration([1, 2, 4], new, after: first)]
        for node in [UInt64(2), 4] { cluster.preload(node, other, promised: new, committed: 2) }
        cluster.preload(3, first, promised: new, committed: 1)
        cluster.start()
        cluster.take()
        #expect(cluster.own(1, among: [1, 3])?.kind == MP_PULLED)
        cluster.barrier(1)
        cluster.push(1)
        cluster.settle(among: [1, 3])
        #expect(!cluster.violations.isEmpty)
    }

    // MARK: R1+ and R2

    @Test(arguments: [[1, 2], [2, 3, 4], [1, 2, 3, 4, 5]] as [Set<UInt64>])
    func `changes by one voter at a time, so that quorums meet`(voters: Set<UInt64>) {
        let cluster = reconfigurable(servers: 6, founders: [1, 2, 3, 6])
        #expect(cluster.reconfigure(1, voters) == MP_DISJOINT)
        #expect(cluster.reconfigure(1, [1, 2, 3]) == MP_OK)
        #expect(cluster.violations.isEmpty)
    }

    @Test func `may name the same voters again`() {
        let cluster = reconfigurable(servers: 3)
        #expect(cluster.reconfigure(1, [1, 2, 3]) == MP_OK)
    }

    @Test func `waits until the one before is committed`() {
        let cluster = reconfigurable(servers: 5, founders: [1, 2, 3])
        #expect(cluster.reconfigure(1, [1, 2, 3, 4]) == MP_OK)
        cluster.push(1)
        #expect(cluster.reconfigure(1, [1, 2, 3, 4, 5]) == MP_BUSY)
        cluster.settle()
        #expect(cluster.reconfigure(1, [1, 2, 3, 4, 5]) == MP_OK)
        cluster.push(1)
        cluster.settle()
        #expect(cluster.ledger.voters(1) == cluster.voterSet(of: [1, 2, 3, 4, 5]))
    }

    /// Without R2 a chain of changes, each of one voter, would part the quorums all the same.
    @Test func `is not followed by another on an inherited branch either`() {
        let cluster = reconfigurable(servers: 5, founders: [1, 2, 3])
        cluster.reconfigure(1, [1, 2, 3, 4])
        cluster.push(1)
        cluster.settle(among: [1, 2])
        cluster.crash(1)
        #expect(cluster.own(2, among: [2, 3, 4])?.kind == MP_PULLED)
        #expect(cluster[2].view().voters == cluster.voterSet(of: [1, 2, 3, 4]))
        #expect(cluster.reconfigure(2, [1, 2, 3]) == MP_BUSY)
        commitBarrier(2, among: [2, 3, 4], cluster)
        #expect(cluster.reconfigure(2, [1, 2, 3]) == MP_OK)
    }

    // MARK: Whose votes count

    @Test func `counts from its own entry on`() {
        let cluster = reconfigurable(servers: 4, founders: [1, 2, 3])
        let before = cluster.ledger.committed(1)
        cluster.reconfigure(1, [1, 2, 3, 4])
        cluster.push(1)
        cluster.settle(among: [1, 2])
        #expect(cluster.ledger.committed(1) == before, "two of four are no quorum")
        #expect(cluster.wake(1, among: [1, 2, 4]) { cluster.ledger.committed(1) == before + 1 })
    }

    @Test func `leaves the entries before it to the voters before it`() {
        let cluster = reconfigurable(servers: 4, founders: [1, 2, 3])
        let before = cluster.ledger.committed(1)
        cluster.invoke(1, "a")
        cluster.reconfigure(1, [1, 2, 3, 4])
        cluster.invoke(1, "b")
        cluster.push(1)
        cluster.settle(among: [1, 2])
        #expect(cluster.ledger.committed(1) == before + 1, "a is committed by two of three")
    }

    @Test func `without a server leaves it without a vote`() {
        let cluster = reconfigurable(servers: 3)
        cluster.reconfigure(1, [1, 2])
        cluster.push(1)
        cluster.settle()
        let before = cluster.ledger.committed(1)
        cluster.invoke(1, "x")
        cluster.push(1)
        cluster.settle(among: [1, 3])
        #expect(cluster.ledger.committed(1) == before, "3 has no vote any more")
        #expect(cluster[3].view().tip.index == before + 1, "but stores what it is sent")
    }

    @Test func `may leave out its own owner, whose copy then counts no more`() {
        let cluster = reconfigurable(servers: 3)
        cluster.reconfigure(1, [2, 3])
        cluster.push(1)
        cluster.settle(among: [1, 2])
        #expect(cluster.ledger.voters(1) == nil, "2 alone is no quorum of 2 and 3")
        let changed = cluster.voterSet(of: [2, 3])
        #expect(cluster.wake(1, among: [1, 2, 3]) { cluster.ledger.voters(1) == changed })
        #expect(cluster.own(2, among: [2, 3])?.kind == MP_PULLED)
    }

    // MARK: Pulls and reads

    @Test func `of the adopted log judges a pull`() {
        let cluster = reconfigurable(servers: 5, founders: [1, 2, 3], without: [3])
        for voters in [[1, 2, 3, 4], [1, 2, 3, 4, 5]] as [Set<UInt64>] {
            cluster.reconfigure(1, voters)
            cluster.push(1)
            cluster.settle(among: [1, 2, 4, 5])
        }
        #expect(cluster.ledger.voters(1) == cluster.voterSet(of: [1, 2, 3, 4, 5]))
        cluster.crash(1)
        // 3 knows of nothing: two of its three would be a quorum. 2 tells it better.
        #expect(cluster.own(3, among: [2, 3])?.kind != MP_PULLED)
        #expect(cluster.outcomeAlone(3)?.kind == MP_PULL_NO_QUORUM)
        #expect(cluster.own(3, among: [2, 3, 5])?.kind == MP_PULLED)
        #expect(cluster[3].view().voters == cluster.voterSet(of: [1, 2, 3, 4, 5]))
    }

    @Test func `is no reason to wait for the voters of a log that is passed by`() {
        // 4 holds an entry that never got anywhere, and a configuration of its own with it.
        let first = CoreCluster.chain(("x", mp_ballot(1, 1)))
        let cluster = CoreCluster(founded: [1, 2, 3], servers: 4)
        let stray = first + [configuration([1, 2, 3, 4], mp_ballot(2, 1), after: first)]
        cluster.preload(4, stray, promised: mp_ballot(2, 1), committed: 1)
        for node in UInt64(1)...3 {
            cluster.preload(node, first, promised: mp_ballot(2, 1), committed: 1)
        }
        cluster.start()
        cluster.take()
        // 1 and 4 alone are two of four; but 1 and 2, both heard, are two of three.
        #expect(cluster.own(1, among: [1, 4])?.kind != MP_PULLED)
        #expect(cluster.outcomeAlone(1)?.kind == MP_PULL_NO_QUORUM)
        #expect(cluster.own(1, among: [1, 2, 4])?.kind == MP_PULLED)
        commitBarrier(1, among: [1, 2, 4], cluster)
        #expect(cluster.violations.isEmpty)
    }

    @Test func `says who confirms a read`() {
        let cluster = reconfigurable(servers: 4, founders: [1, 2, 3])
        cluster.reconfigure(1, [1, 2, 3, 4])
        cluster.push(1)
        cluster.settle()
        _ = cluster[1].takeOutcomes()
        cluster.confirm(1)
        cluster.settle(among: [1, 2])
        #expect(cluster.takeOutcome(MP_CONFIRMED, of: 1) == nil)
        #expect(
            cluster.wake(1, among: [1, 3]) { cluster.takeOutcome(MP_CONFIRMED, of: 1) != nil })
    }

    @Test func `says whose tips make a read fresh`() {
        let cluster = reconfigurable(servers: 4, founders: [1, 2, 3])
        cluster.reconfigure(1, [1, 2, 3, 4])
        cluster.push(1)
        cluster.settle()
        cluster.askTips(4)
        cluster.settle(among: [4, 1])
        #expect(cluster.takeOutcome(MP_TIPPED, of: 4) == nil)
        #expect(
            cluster.wake(4, among: [4, 2, 3]) { cluster.takeOutcome(MP_TIPPED, of: 4) != nil })
    }

    // MARK: Restarts and other branches

    @Test func `survives a restart, committed or not`() {
        let cluster = reconfigurable(servers: 5, founders: [1, 2, 3])
        cluster.reconfigure(1, [1, 2, 3, 4])
        cluster.push(1)
        cluster.settle()
        cluster.spread(from: 1)
        cluster.reconfigure(1, [1, 2, 3, 4, 5])
        cluster.push(1)
        cluster.settle(among: [1, 2])
        for node in cluster.voters { cluster.restart(node) }
        cluster.settle()
        #expect(cluster[2].view().voters_committed == cluster.voterSet(of: [1, 2, 3, 4]))
        #expect(cluster[2].view().voters == cluster.voterSet(of: [1, 2, 3, 4, 5]))
        #expect(cluster[3].view().voters == cluster.voterSet(of: [1, 2, 3, 4]))
        #expect(cluster.violations.isEmpty)
    }

    @Test func `goes with the entry that named it`() {
        let cluster = reconfigurable(servers: 4, founders: [1, 2, 3])
        cluster.reconfigure(1, [1, 2, 3, 4])
        cluster.push(1)
        cluster.settle(among: [1])
        cluster.crash(1)
        cluster.own(2, among: [2, 3])
        commitBarrier(2, among: [2, 3], cluster)
        cluster.start(1)
        #expect(
            cluster.wake(2, among: [1, 2, 3]) {
                cluster[1].view().tip == cluster[2].view().tip
            })
        #expect(cluster[1].view().voters == cluster.voterSet(of: [1, 2, 3]))
        #expect(cluster[1].log() == cluster[2].log())
    }

    // MARK: What is refused

    @Test func `is not for a node that does not own, nor with voters that are no servers`() {
        let cluster = reconfigurable(servers: 3)
        #expect(cluster.reconfigure(2, [1, 2]) == MP_STALE)
        #expect(cluster.reconfigure(1, []) == MP_MALFORMED)
        #expect(cluster.reconfigure(1, [1, 2, 3, 7]) == MP_MALFORMED)
    }

    @Test func `is not an entry that anybody may invoke`() {
        let cluster = reconfigurable(servers: 3)
        var draft = Draft(room: 16)
        #expect(mp_batch_configure(&draft.builder, 0b11, 0) == MP_OK)
        #expect(cluster.invoke(1, draft, group: 1) == MP_MALFORMED)
    }

    @Test func `too far from the one before is refused by a voter`() {
        let cluster = reconfigurable(servers: 3)
        let log = cluster[2].disk[1].frames.frames
        let forged = configuration([3], mp_ballot(9, 1), after: log)
        var accept = message(MP_MESSAGE_ACCEPT, mp_ballot(9, 1), point: cluster[2].view().tip)
        accept.sequence = 1
        let packet = Packet(from: 1, to: 2, message: accept, frame: forged)
        #expect(cluster.receive(packet) == MP_CONFLICT)
    }

    // MARK: Scenes

    private func commitBarrier(_ node: UInt64, among nodes: Set<UInt64>, _ cluster: CoreCluster) {
        let before = cluster.ledger.committed(1)
        cluster.barrier(node)
        cluster.push(node)
        cluster.settle(among: nodes)
        #expect(cluster.ledger.committed(1) > before)
    }

    /// Node 1 owns, and something of its ballot is committed.
    private func reconfigurable(
        servers: UInt64, founders: [UInt64]? = nil, without absent: Set<UInt64> = []
    ) -> CoreCluster {
        let cluster = CoreCluster(founded: founders, servers: servers)
        let heard = Set(cluster.voters).subtracting(absent)
        cluster.start()
        cluster.settle(among: heard)
        cluster.own(1, among: heard)
        commitBarrier(1, among: heard, cluster)
        _ = cluster[1].takeOutcomes()
        return cluster
    }

    private func configuration(
        _ voters: Set<UInt64>, _ ballot: mp_ballot, after log: [Frame]
    ) -> Frame {
        var draft = Draft(room: 16)
        let set = voters.reduce(0) { $0 | mp_voters_of($1) }
        #expect(mp_batch_configure(&draft.builder, set, 0) == MP_OK)
        var batch = mp_batch()
        let last = log.last?.batch
        mp_batch_seal(&draft.builder, 1, (last?.last ?? 0) + 1, ballot, last?.checksum ?? 0, &batch)
        return draft.finish()
    }
}

extension CoreCluster {
    /// A cluster in which only some servers vote at first; nil: all.
    fileprivate convenience init(founded founders: [UInt64]?, servers: UInt64) {
        var configuration = Configuration()
        configuration.voters = servers
        configuration.founders = founders
        self.init(configuration)
    }
}
