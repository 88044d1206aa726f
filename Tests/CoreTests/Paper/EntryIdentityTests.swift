import CMultiPaxos
import Testing

@testable import ADOSimulator

/// MODEL.md, section 6: entries are never re-stamped; commit counts only the owner's own.
@Suite struct `An entry` {
    /// P@2 commits 1...1000 on A and B and dies.
    ///
    /// Q@3 adopts them, and dies after half of them has reached A and C. R@4 hears B and C. If Q
    /// had stamped what it sent, C's 500 entries of ballot 3 would beat B's 1000 of ballot 2, and
    /// 500 acknowledged entries would be lost.
    @Test func `keeps its ballot so that half an adoption loses no acknowledged write`() throws {
        let (a, b, c): (UInt64, UInt64, UInt64) = (1, 2, 3)
        let cluster = CoreCluster(voters: 3, clients: 3, window: 16)
        let (p, q, r) = (cluster.client(1), cluster.client(2), cluster.client(3))
        cluster.start()

        let ofP = try #require(cluster.pullAndSettle(p, among: [p, a, b]))
        #expect(ofP.kind == MP_PULLED)
        for batch in 0..<10 {
            let entries = (0..<100).map { Array("\(batch * 100 + $0)".utf8) }
            #expect(cluster.invoke(p, Draft(entries), group: 1) == MP_OK)
        }
        cluster.push(p)
        cluster.settle(among: [p, a, b])
        #expect(cluster.ledger.committed(1) == 1000)
        cluster.crash(p)

        #expect(cluster.pullAndSettle(q, among: [q, a, c])?.kind == MP_PULLED)
        #expect(cluster[q].view().tip.index == 1000)
        cluster.barrier(q)
        cluster.push(q)
        cluster.settle { packet in
            let isFirstHalf = packet.frame.map { $0.batch.last <= 500 } ?? true
            return isFirstHalf && [packet.from, packet.to].allSatisfy { [q, a, c].contains($0) }
        }
        #expect(cluster[c].view().tip == mp_point_at(500, of: cluster[a], ballot: ofP.ballot))
        cluster.crash(q)

        let ofR = try #require(cluster.pullAndSettle(r, among: [r, b, c]))
        #expect(ofR.kind == MP_PULLED)
        #expect(ofR.point.index == 1000)
        #expect(ofR.point.ballot == ofP.ballot)
        cluster.barrier(r)
        cluster.push(r)
        cluster.settle(among: [r, b, c])
        #expect(cluster.ledger.committed(1) == 1001)
        #expect(cluster.violations.isEmpty)
    }

    private func mp_point_at(_ index: UInt64, of member: Member, ballot: mp_ballot) -> mp_point {
        let frame = member.frame(1, holding: index)
        #expect(frame?.batch.ballot == ballot)
        return frame?.point ?? .root
    }

    /// Figure 8 of the Raft paper: an inherited entry on a quorum is not committed by that alone.
    @Test func `of another ballot is not committed by a quorum of copies alone`() {
        let cluster = CoreCluster(voters: 5)
        let one = ("1", mp_ballot(1, 1))
        let ofS1 = CoreCluster.chain(one, ("2", mp_ballot(2, 1)))
        let ofS5 = CoreCluster.chain(one, ("3", mp_ballot(3, 5)))
        let short = CoreCluster.chain(one)
        for node in [UInt64(1), 2] {
            cluster.preload(node, ofS1, promised: mp_ballot(2, 1), committed: 1)
        }
        for node in [UInt64(3), 4] {
            cluster.preload(node, short, promised: mp_ballot(3, 5), committed: 1)
        }
        cluster.preload(5, ofS5, promised: mp_ballot(3, 5), committed: 1)
        cluster.start()
        cluster.take()

        // S1 comes back, is heard by S2 and S3, and copies entry 2 of its old ballot to S3. (Its
        // first ballot is below what S3 has promised to S5.)
        cluster.own(1, among: [1, 2, 3])
        #expect(cluster[1].owns)
        cluster.push(1)
        cluster.settle(among: [1, 2, 3])
        #expect(cluster[3].log() == ["1", "2"], "three of five hold entry 2")
        #expect(cluster.ledger.texts(1) == ["1"], "and it is not committed")
        cluster.crash(1)

        // S5 is heard by S3 and S4, and its entry 3 has the higher ballot: 2 is overwritten.
        cluster.own(5, among: [3, 4, 5])
        #expect(cluster[5].owns)
        cluster.barrier(5)
        cluster.push(5)
        cluster.settle(among: [3, 4, 5])
        #expect(cluster.ledger.texts(1) == ["1", "3", ""])
        #expect(cluster.violations.isEmpty)
    }

    @Test func `inherited is committed by one of the own ballot after it`() {
        let cluster = CoreCluster(voters: 5)
        let one = ("1", mp_ballot(1, 1))
        let ofS1 = CoreCluster.chain(one, ("2", mp_ballot(2, 1)))
        let ofS5 = CoreCluster.chain(one, ("3", mp_ballot(3, 5)))
        cluster.preload(1, ofS1, promised: mp_ballot(3, 5), committed: 1)
        for node in [UInt64(2), 3, 4] {
            cluster.preload(node, CoreCluster.chain(one), promised: mp_ballot(3, 5), committed: 1)
        }
        cluster.preload(5, ofS5, promised: mp_ballot(3, 5), committed: 1)
        cluster.start()
        cluster.take()
        _ = cluster.pullAndSettle(1, among: [1, 2, 3])
        cluster.barrier(1)
        cluster.push(1)
        cluster.settle(among: [1, 2, 3])
        #expect(cluster.ledger.texts(1) == ["1", "2", ""])
        cluster.crash(1)
        // Now S5 cannot pass it by, whomever it hears.
        cluster.own(5, among: [3, 4, 5])
        #expect(cluster[5].log() == ["1", "2", ""])
    }

    @Test func `of a higher ballot outweighs any number of lower ones`() throws {
        let cluster = CoreCluster(voters: 3)
        let (low, high) = (mp_ballot(1, 1), mp_ballot(2, 2))
        let long = CoreCluster.chain(("a", low), ("b", low), ("c", low), ("d", low))
        let recent = CoreCluster.chain(("a", low), ("z", high))
        cluster.preload(1, long, promised: high)
        cluster.preload(2, recent, promised: high)
        cluster.preload(3, CoreCluster.chain(("a", low)), promised: high)
        cluster.start()
        cluster.take()
        let pulled = try #require(cluster.pullAndSettle(1, among: [1, 2]))
        #expect(pulled.point.ballot == high)
        #expect(cluster[1].log() == ["a", "z"])
    }

    @Test func `of the same last ballot loses to the longer log`() throws {
        let cluster = CoreCluster(voters: 3)
        let ballot = mp_ballot(1, 1)
        let log = CoreCluster.chain(("a", ballot), ("b", ballot), ("c", ballot))
        for node in UInt64(1)...3 {
            cluster.preload(node, Array(log.prefix(Int(node))), promised: ballot)
        }
        cluster.start()
        cluster.take()
        let pulled = try #require(cluster.pullAndSettle(1, among: [1, 3]))
        #expect(pulled.kind == MP_PULLED)
        #expect(cluster[1].log() == ["a", "b", "c"])
    }
}
