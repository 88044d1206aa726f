import CMultiPaxos
import Testing

@testable import ADOSimulator

/// A voter that is far behind fetches what is committed from whoever has it.
@Suite struct `A voter far behind` {
    /// Nodes 1 and 2 commit more than any of them keeps in memory, and node 3 hears none of it.
    private func farBehind() -> CoreCluster {
        let cluster = CoreCluster.owned(by: 1, "a")
        for number in 0..<100 {
            cluster.invoke(1, "\(number)")
            cluster.push(1)
            cluster.settle(among: [1, 2])
        }
        #expect(cluster.ledger.committed(1) == 101)
        #expect(cluster[3].view().tip.index == 1)
        return cluster
    }

    /// The owner's note that node 3 must fetch, and everything node 3 would get before it.
    private func noteToFetch(_ cluster: CoreCluster, from owner: UInt64) -> Packet? {
        for _ in 0..<80 {
            let packets = cluster.take { $0.from == owner && $0.to == 3 }
            let isNote = { (packet: Packet) in
                packet.is(MP_MESSAGE_COMMIT) && packet.message.flags == 1
            }
            if let note = packets.first(where: isNote) { return note }
            for packet in packets where packet.is(MP_MESSAGE_COMMIT) {
                cluster.receiveHonest(packet)
            }
            cluster.flush(3)
            cluster.deliver(MP_MESSAGE_ACCEPTED, from: 3)
            cluster.timeOut(owner)
        }
        return nil
    }

    @Test func `fetches what the owner no longer keeps in memory`() throws {
        let cluster = farBehind()
        let note = try #require(noteToFetch(cluster, from: 1))
        cluster.receiveHonest(note)
        #expect(cluster.inFlight.contains { $0.is(MP_MESSAGE_FETCH) && $0.from == 3 })
        cluster.settle()
        #expect(cluster[3].view().commit.index >= 100)
        cluster.spread(from: 1)
        #expect(cluster.appliedEverywhere() == 101)
    }

    /// It commits what it learns before its disk has it, and keeps the newest in memory only.
    ///
    /// What it had appended itself as an owner is still on its disk then, in the place of what is
    /// committed: seed 2750 served that to another voter, which took it for committed.
    @Test func `serves nothing that its disk still holds in the place of what is committed`() throws
    {
        let cluster = CoreCluster.owned(by: 3, "a")
        cluster.invoke(3, "lost")
        cluster.push(3)
        cluster.flush(3)
        cluster.take()
        #expect(cluster.own(1, among: [1, 2]) != nil)
        for number in 0..<100 {
            cluster.invoke(1, "\(number)")
            cluster.push(1)
            cluster.settle(among: [1, 2])
        }
        let committed = cluster.ledger.committed(1)
        cluster.receiveHonest(try #require(noteToFetch(cluster, from: 1)))
        for _ in 0..<200 where cluster[3].view().commit.index < committed {
            for packet in cluster.take() where packet.to != 2 { cluster.receiveHonest(packet) }
        }
        #expect(cluster[3].view().commit.index == committed)
        #expect(cluster[3].disk.frame(1, first: 2)?.texts == ["lost"])

        let question = Packet(
            from: 2, to: 3,
            message: message(
                MP_MESSAGE_FETCH, point: mp_point(index: 2, ballot: .none, checksum: 0),
                flags: UInt16(MP_FLAG_LEARN.rawValue), value: 1 << 20))
        cluster.take()
        cluster.receiveHonest(question)
        #expect(!cluster.inFlight.contains { $0.is(MP_MESSAGE_FRAME) })
        let answer = try #require(cluster.take { $0.is(MP_MESSAGE_FETCHED) }.last)
        #expect(answer.message.commit == 1 && answer.message.point.index == 1)

        cluster.flush(3)
        cluster.receiveHonest(question)
        let frames = cluster.take { $0.is(MP_MESSAGE_FRAME) }.compactMap(\.frame)
        #expect(frames.first?.batch.first == 2 && frames.first?.texts != ["lost"])
        #expect(frames.last?.batch.last == committed)
    }

    @Test func `refuses every lower ballot than that of an entry it has learned`() throws {
        let cluster = farBehind()
        let note = try #require(noteToFetch(cluster, from: 1))
        // Meanwhile node 2 owns, and commits with node 1. Node 3 has heard of no such ballot.
        #expect(cluster.own(2, among: [1, 2]) != nil)
        cluster.barrier(2)
        cluster.push(2)
        cluster.settle(among: [1, 2])
        cluster.invoke(2, "b")
        cluster.push(2)
        cluster.settle(among: [1, 2])
        let ballot = cluster[2].view().owner
        #expect(cluster[1].view().commit.ballot == ballot)
        #expect(cluster[3].view().promised < ballot)

        cluster.receiveHonest(note)
        cluster.settle(among: [1, 3])
        #expect(cluster[3].view().commit.ballot == ballot)
        #expect(cluster[3].view().promised == ballot)
        #expect(cluster[3].disk[1].hard.promised == ballot)
        let late = message(MP_MESSAGE_COMMIT, note.message.ballot, point: note.message.point)
        cluster.receiveHonest(Packet(from: 1, to: 3, message: late))
        cluster.flush(3)
        let answer = try #require(cluster.take { $0.is(MP_MESSAGE_ACCEPTED) }.last)
        #expect(answer.message.outcome == UInt8(MP_OUTCOME_REFUSED.rawValue))
    }

    @Test func `asks another voter when the first does not answer`() throws {
        let cluster = farBehind()
        let note = try #require(noteToFetch(cluster, from: 1))
        cluster.receiveHonest(note)
        cluster.take()
        cluster.crash(1)
        for _ in 0..<40 where cluster[3].view().commit.index < 100 {
            cluster.timeOut(3)
            cluster.settle()
        }
        #expect(cluster[3].view().commit.index >= 100)
    }

    @Test func `acknowledges nothing to an owner that was overtaken before it learned`() throws {
        let cluster = farBehind()
        let note = try #require(noteToFetch(cluster, from: 1))
        let first = note.message.ballot
        // Node 2 owns meanwhile, adopts what node 1 had pushed, and commits it by an entry of its
        // own, with node 1. The one that node 3 asks tells it all but that last entry.
        #expect(cluster.own(2, among: [1, 2]) != nil)
        cluster.barrier(2)
        cluster.push(2)
        cluster.settle(among: [1, 2])
        cluster.invoke(2, "more")
        cluster.push(2)
        cluster.settle(among: [1, 2])
        let second = cluster[2].view().owner
        cluster.receiveHonest(note)
        for _ in 0..<200 where cluster[3].view().commit.index < 101 {
            cluster.flush(3)
            for packet in cluster.take() {
                if let frame = packet.frame, frame.batch.ballot == second { continue }
                cluster.receiveHonest(packet)
            }
        }
        #expect(cluster[3].view().commit.ballot == first)
        #expect(cluster[3].view().commit.index == 101)
        cluster.flush(3)
        cluster.take()
        // Node 1 does not know yet, and asks node 3 to go on.
        let late = message(MP_MESSAGE_COMMIT, first, point: note.message.point)
        cluster.receiveHonest(Packet(from: 1, to: 3, message: late))
        cluster.flush(3)
        let answer = try #require(cluster.take { $0.is(MP_MESSAGE_ACCEPTED) }.last)
        #expect(answer.message.outcome == UInt8(MP_OUTCOME_REFUSED.rawValue))
    }
}
