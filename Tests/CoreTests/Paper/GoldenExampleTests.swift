import CMultiPaxos
import Testing

@testable import ADOSimulator

/// The worked example of *Much ADO about Failures*: a queue on five replicas, A to E.
///
/// Rounds are one higher than the paper's, because round 0 is no ballot here.
@Suite struct `The golden example` {
    static let (a, b, c, d, e): (UInt64, UInt64, UInt64, UInt64, UInt64) = (1, 2, 3, 4, 5)
    static let all: Set<UInt64> = [a, b, c, d, e]

    /// log = [Eq2@1]; D holds Eq3@2, E holds Eq4@3: root -> {Eq3, Eq4}.
    static func start() -> CoreCluster {
        let cluster = CoreCluster(voters: 5)
        let first = mp_ballot(1, a)
        let root = CoreCluster.chain(("Eq2", first))
        let third = mp_ballot(3, e)
        for node in [a, b, c] { cluster.preload(node, root, promised: third, committed: 1) }
        let ofD = CoreCluster.chain(("Eq2", first), ("Eq3", mp_ballot(2, d)))
        let ofE = CoreCluster.chain(("Eq2", first), ("Eq4", third))
        cluster.preload(d, ofD, promised: mp_ballot(2, d), committed: 1)
        cluster.preload(e, ofE, promised: third, committed: 1)
        cluster.start()
        cluster.take()
        return cluster
    }

    /// A pulls; D and E are heard first, because a pull waits for no more than a quorum.
    static func pullHearingAll(_ cluster: CoreCluster) -> mp_outcome? {
        cluster.pull(a)
        cluster.flush(a)
        cluster.deliver(MP_MESSAGE_PREPARE)
        for node in [b, c, d, e] { cluster.flush(node) }
        cluster.deliver(MP_MESSAGE_PROMISE, from: e)
        cluster.deliver(MP_MESSAGE_PROMISE, from: d)
        cluster.settle()
        return cluster.lastPullOutcome(a)
    }

    @Test func `goes as the paper tells it`() throws {
        let (a, b, c, d, e) = (Self.a, Self.b, Self.c, Self.d, Self.e)
        let cluster = Self.start()
        #expect(cluster[d].log() == ["Eq2", "Eq3"])
        #expect(cluster[e].log() == ["Eq2", "Eq4"])

        // (a) A prepares, everything is lost: Pull Fail.
        cluster.pull(a)
        cluster.settle(among: [a])
        let failed = try #require(cluster.outcomeAlone(a))
        #expect(failed.kind == MP_PULL_NO_QUORUM)
        cluster[a].outcomes = []

        // (b) B prepares, hears A and C: Pull Ok(B, root).
        let ofB = try #require(cluster.pullAndSettle(b, among: [a, b, c]))
        #expect(ofB.kind == MP_PULLED)
        #expect(ofB.point.index == 1)
        #expect(cluster[b].log() == ["Eq2"])

        // (c) A prepares, hears all; E's last entry beats D's: Pull Ok(A, Eq4); B is preempted.
        let ofA = try #require(Self.pullHearingAll(cluster))
        #expect(ofA.kind == MP_PULLED)
        #expect(ofA.ballot > ofB.ballot)
        #expect(ofA.point.index == 2 && ofA.point.ballot == mp_ballot(3, e))
        #expect(cluster[a].log() == ["Eq2", "Eq4"])
        #expect(cluster.takeOutcome(MP_PREEMPTED, of: b)?.ballot == ofA.ballot)
        #expect(cluster.invoke(b, "late") == MP_STALE)

        // (d) A invokes. Entries keep their own ballots. Beside what is inherited there is room for
        // one batch of its own, so Eq6 has to wait until Eq4 is settled.
        #expect(cluster.invoke(a, "Eq5") == MP_OK)
        #expect(cluster.invoke(a, "Eq6") == MP_BUSY)
        #expect(cluster[a].log() == ["Eq2", "Eq4", "Eq5"])
        #expect(cluster[a].replica?.identity(1, at: 2)?.ballot == mp_ballot(3, e))
        #expect(cluster[a].replica?.identity(1, at: 3)?.ballot == ofA.ballot)

        // (e) Push, all lost: Push Fail. Nothing is committed, nothing is lost.
        cluster.push(a)
        cluster.settle(among: [a])
        #expect(cluster.ledger.texts(1) == ["Eq2"])
        #expect(cluster[a].view().role == MP_OWNING)

        // (f) Push: Eq4, Eq5 reach A, C, E; then Eq6 reaches only A and C.
        cluster.push(a)
        cluster.settle(among: [a, c, e])
        #expect(cluster.ledger.texts(1) == ["Eq2", "Eq4", "Eq5"])
        #expect(cluster.invoke(a, "Eq6") == MP_OK)
        cluster.push(a)
        cluster.settle(among: [a, c])
        #expect(cluster.ledger.texts(1) == ["Eq2", "Eq4", "Eq5"])
        #expect(cluster[a].log() == ["Eq2", "Eq4", "Eq5", "Eq6"])
        #expect(cluster[c].log() == ["Eq2", "Eq4", "Eq5", "Eq6"])
        #expect(cluster[e].log() == ["Eq2", "Eq4", "Eq5"])
        #expect(cluster[d].log() == ["Eq2", "Eq3"], "D has heard nothing yet")

        // Eq3 is pruned: as soon as D hears of the committed branch.
        cluster.spread(from: a)
        #expect(cluster[d].log() == ["Eq2", "Eq4", "Eq5", "Eq6"])
        #expect(cluster.ledger.texts(1) == ["Eq2", "Eq4", "Eq5", "Eq6"])
    }

    @Test func `ends with Eq6 in the tree when A dies and its branch is pulled`() {
        let cluster = Self.start()
        _ = Self.pullHearingAll(cluster)
        cluster.invoke(Self.a, "Eq5")
        cluster.push(Self.a)
        cluster.settle(among: [Self.a, Self.c, Self.e])
        cluster.invoke(Self.a, "Eq6")
        cluster.push(Self.a)
        cluster.settle(among: [Self.a, Self.c])
        cluster.crash(Self.a)

        // Whoever hears C finds Eq6 again; whoever does not leaves it behind, both rightly.
        let pulled = cluster.pullAndSettle(Self.b, among: [Self.b, Self.c, Self.d])
        #expect(pulled?.kind == MP_PULLED)
        #expect(cluster[Self.b].log() == ["Eq2", "Eq4", "Eq5", "Eq6"])
        let other = cluster.pullAndSettle(Self.d, among: [Self.b, Self.d, Self.e])
        #expect(other?.kind == MP_PULLED)
    }

    @Test func `lets a push commit any prefix and the rest be pushed again without a pull`() {
        let cluster = CoreCluster.owned(by: 1, voters: 3, "x")
        for text in ["1", "2", "3"] { #expect(cluster.invoke(1, text) == MP_OK) }
        cluster.push(1)
        // The accepts of entry 4 are lost.
        cluster.settle { $0.frame == nil || $0.frame?.batch.first != 4 }
        #expect(cluster.ledger.texts(1) == ["x", "1", "2"])
        #expect(cluster[1].view().in_flight == 1)
        #expect(cluster.push(1) == MP_OK)
        cluster.settle()
        #expect(cluster.ledger.texts(1) == ["x", "1", "2", "3"])
        #expect(cluster.trace.records.count { $0.kind == MP_TRACE_PULLED } == 1)
    }
}
