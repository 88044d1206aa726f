import ADOSpec
import CMultiPaxos
import Testing

@testable import ADOSimulator

/// FAULTS.md, rows 22 to 24, what the core makes of them.
@Suite struct `A node with a damaged frame` {
    /// Node 3 was restarted with its last frame damaged; it is not known there to be committed.
    private func damaged() -> CoreCluster {
        let cluster = CoreCluster.owned(by: 1, "a", "b")
        cluster.invoke(1, "c")
        cluster.push(1)
        cluster.settle()
        cluster.crash(3)
        #expect(cluster[3].damageDisk(1, frame: 2))
        cluster.start(3)
        cluster.take()
        return cluster
    }

    @Test func `promises, acknowledges and owns nothing, and knows what it promised`() {
        let cluster = damaged()
        #expect(cluster[3].view().lost && cluster[3].view().damaged)
        #expect(cluster[3].view().promised == cluster[1].view().promised)
        #expect(cluster[3].view().tip.index == 3)

        let kinds = [MP_MESSAGE_PREPARE, MP_MESSAGE_CONFIRM, MP_MESSAGE_ASK]
        for kind in kinds {
            let packet = Packet(from: 2, to: 3, message: message(kind, mp_ballot(9, 2)))
            #expect(cluster.receive(packet) == MP_OK)
        }
        let fetch = message(
            MP_MESSAGE_FETCH, cluster[3].view().promised,
            point: mp_point(index: 1, ballot: .none, checksum: 0))
        #expect(cluster.receive(Packet(from: 1, to: 3, message: fetch)) == MP_OK)
        #expect(cluster.inFlight.map(\.message.outcome) == [UInt8(MP_OUTCOME_GONE.rawValue)])
        cluster.take()
        #expect(cluster[3].disk.queue.isEmpty)
        #expect(cluster.pull(3) == MP_STALE)
        #expect(cluster.inFlight.isEmpty)
    }

    @Test func `is missed like a dead one, and not any more once it is repaired`() {
        let cluster = damaged()
        cluster.crash(2)
        cluster.invoke(1, "d")
        cluster.push(1)
        cluster.settle()
        #expect(cluster.ledger.texts(1) == ["a", "b", "c"])
        cluster.repair(3)
        #expect(!cluster[3].view().lost && !cluster[3].view().damaged)
        cluster.push(1)
        cluster.settle()
        #expect(cluster.ledger.texts(1) == ["a", "b", "c", "d"])
        cluster.crash(1)
        cluster.start(2)
        #expect(cluster.own(3, among: [2, 3])?.kind == MP_PULLED)
        #expect(cluster[3].log() == ["a", "b", "c", "d"])
    }

    @Test func `stays damaged while nobody has the frame`() {
        let cluster = damaged()
        cluster.repair(3) { _ in false }
        #expect(cluster[3].view().damaged)
        cluster.repair(3) { $0 == 2 }
        #expect(!cluster[3].view().damaged)
    }

    @Test func `learns what is committed instead, if its own frame never was`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        // Node 1 alone has "lost", and dies.
        cluster.invoke(1, "lost")
        cluster.push(1)
        cluster.flush(1)
        cluster.take()
        cluster.crash(1)
        #expect(cluster[1].damageDisk(1, frame: 1))
        cluster.own(2, among: [2, 3])
        cluster.invoke(2, "b")
        cluster.push(2)
        cluster.settle()
        cluster.start(1)
        cluster.settle()
        cluster.repair(1)
        #expect(cluster[1].view().damaged, "nobody else ever had that frame")
        for text in ["c", "d"] {
            cluster.invoke(2, text)
            cluster.push(2)
            cluster.settle()
        }
        cluster.spread(from: 2)
        #expect(cluster[1].log() == ["a", "b", "c", "d"])
        cluster.repair(1)
        #expect(!cluster[1].view().damaged)
        cluster.crash(3)
        cluster.invoke(2, "e")
        cluster.push(2)
        cluster.settle()
        #expect(cluster.ledger.texts(1) == ["a", "b", "c", "d", "e"])
    }

    @Test func `gives up what it owns when the damage is found`() {
        let cluster = CoreCluster.owned(by: 1, "a", "b")
        #expect(cluster[1].disk[1].frames.frames.count == 2)
        cluster[1].disk.damageInPlace(1, first: 1)
        cluster.invoke(1, "never pushed")
        cluster.noticeDamage(1)
        #expect(cluster[1].view().role == MP_FOLLOWING)
        #expect(cluster[1].view().damaged)
        #expect(cluster.takeOutcome(MP_PREEMPTED, of: 1) != nil)
        #expect(cluster[1].view().tip.index == 2)
        #expect(cluster.own(2)?.kind == MP_PULLED)
        cluster.invoke(2, "c")
        cluster.push(2)
        cluster.settle()
        #expect(cluster.ledger.texts(1) == ["a", "b", "c"])
        cluster.repair(1)
        cluster.spread(from: 2)
        #expect(cluster[1].log() == ["a", "b", "c"])
        #expect(cluster.own(1)?.kind == MP_PULLED)
    }

    @Test func `on every server, each in another frame, is repaired by the others`() {
        let cluster = CoreCluster.owned(by: 1, "a", "b", "c")
        for node: UInt64 in 1...3 {
            cluster.crash(node)
            #expect(cluster[node].damageDisk(1, frame: Int(node) - 1))
        }
        for node: UInt64 in 1...3 {
            cluster.start(node)
            cluster.noticeDamage(node)
            #expect(cluster[node].view().damaged)
        }
        for node: UInt64 in 1...3 { cluster.repair(node) }
        #expect((1...3).allSatisfy { !cluster[UInt64($0)].view().lost })
        #expect(cluster.own(2)?.kind == MP_PULLED)
        #expect(cluster[2].log() == ["a", "b", "c"])
    }

    @Test func `on every server in the same frame stands still`() {
        let cluster = CoreCluster.owned(by: 1, "a", "b", "c")
        for node: UInt64 in 1...3 {
            cluster.crash(node)
            #expect(cluster[node].damageDisk(1, frame: 1))
        }
        for node: UInt64 in 1...3 {
            cluster.start(node)
            cluster.noticeDamage(node)
        }
        for node: UInt64 in 1...3 { cluster.repair(node) }
        #expect((1...3).allSatisfy { cluster[UInt64($0)].view().damaged })
        #expect((1...3).allSatisfy { cluster.pull(UInt64($0)) == MP_STALE })
    }
}

@Suite struct `A node whose promise is lost` {
    @Test func `gets no vote from frames`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.crash(3)
        #expect(cluster[3].damageDisk(1, frame: nil))
        cluster.start(3, lost: [1])
        var event = mp_event()
        event.kind = MP_EVENT_REPAIRED
        event.group = 1
        #expect(cluster.step(cluster[3], &event) == MP_STALE)
        #expect(cluster[3].view().lost && !cluster[3].view().damaged)
        #expect(cluster.pull(3) == MP_STALE)
    }

    /// "b" is committed by nodes 1 and 3.
    ///
    /// Node 3 forgets its hard state, node 1 is away, and node 2 never heard of "b".
    private func forgotten(lost: Set<UInt64>) -> CoreCluster {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.recordsIssues = false
        cluster.invoke(1, "b")
        cluster.push(1)
        cluster.settle(among: [1, 3])
        cluster.crash(1)
        cluster.crash(3)
        _ = cluster[3].damageDisk(1, frame: nil)
        cluster.start(3, lost: lost)
        cluster.take()
        for _ in 1...3 { cluster.pullAndSettle(2, among: [2, 3]) }
        cluster.invoke(2, "c")
        cluster.push(2)
        cluster.settle(among: [2, 3])
        return cluster
    }

    @Test func `would lose what is committed if it promised again`() {
        let careful = forgotten(lost: [1])
        #expect(careful.violations.isEmpty)
        #expect(careful.ledger.texts(1) == ["a", "b"])
        let careless = forgotten(lost: [])
        #expect(!careless.violations.isEmpty)
    }
}
