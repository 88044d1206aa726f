import CMultiPaxos
import Testing

@testable import ADOSimulator

/// FAULTS.md, row 21: a full disk takes no entries, but promises go on, and it heals by itself.
@Suite struct `A full disk` {
    @Test func `of a follower refuses entries and keeps promising`() throws {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.setDisk(3, stall: 0, full: true)
        cluster.invoke(1, "b")
        cluster.push(1)
        cluster.deliver(MP_MESSAGE_ACCEPT, to: 3)
        cluster.flush(3)
        let answer = try #require(cluster.inFlight.first { $0.is(MP_MESSAGE_ACCEPTED) })
        #expect(answer.message.outcome == UInt8(MP_OUTCOME_FULL.rawValue))
        #expect(answer.message.point.index == 1)
        cluster.settle()
        #expect(cluster.ledger.texts(1) == ["a", "b"], "the others are a quorum")
        #expect(cluster[3].log() == ["a"])
        // It still votes for a new owner.
        #expect(cluster.own(2, among: [2, 3]) != nil)
    }

    /// Each batch behind the one that had no room is a gap: were gaps answered at once, owner and
    /// voter would talk as fast as the network lets them.
    @Test func `of a follower is asked again in time, not at once`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.setDisk(3, stall: 0, full: true)
        var sent = 0
        for number in 0..<12 {
            cluster.invoke(1, "\(number)")
            cluster.push(1)
            cluster.settle { packet in
                sent += packet.is(MP_MESSAGE_ACCEPT) && packet.to == 3 ? 1 : 0
                return true
            }
        }
        #expect(sent <= 12)
        #expect(cluster[3].log() == ["a"])
        cluster.setDisk(3, stall: 0, full: false)
        cluster.spread(from: 1)
        #expect(cluster[3].log() == cluster[1].log())
    }

    /// It says nothing when it has space again, so that waiting ever longer would be felt.
    @Test func `of a follower is asked again in an election timeout, as long as it is full`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.setDisk(3, stall: 0, full: true)
        cluster.invoke(1, "b")
        cluster.push(1)
        cluster.settle()
        var asked: [UInt64] = []
        for _ in 0..<100 {
            cluster.timeOut(1)
            cluster.settle { packet in
                if packet.is(MP_MESSAGE_ACCEPT), packet.to == 3 { asked.append(cluster.now) }
                return true
            }
        }
        #expect(asked.count > 5)
        let pauses = zip(asked, asked.dropFirst()).map { $1 - $0 }
        #expect(pauses.allSatisfy { $0 <= T }, "\(pauses)")
    }

    @Test func `that is full no more hears of it when an old answer says so`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.setDisk(3, stall: 0, full: true)
        cluster.invoke(1, "b")
        cluster.push(1)
        cluster.deliver(MP_MESSAGE_ACCEPT, to: 3)
        let old = cluster.inFlight.filter { $0.is(MP_MESSAGE_ACCEPTED) && $0.from == 3 }
        cluster.setDisk(3, stall: 0, full: false)
        cluster.spread(from: 1)
        #expect(cluster[3].log() == ["a", "b"])
        for packet in old { cluster.receiveHonest(packet) }
        cluster.invoke(1, "c")
        cluster.push(1)
        cluster.settle()
        cluster.spread(from: 1)
        #expect(cluster[3].log() == ["a", "b", "c"])
    }

    @Test func `takes the missing entries when there is room again`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.setDisk(3, stall: 0, full: true)
        cluster.invoke(1, "b")
        cluster.push(1)
        cluster.settle()
        cluster.setDisk(3, stall: 0, full: false)
        cluster.spread(from: 1)
        #expect(cluster[3].log() == ["a", "b"])
    }

    @Test func `of the owner takes no invocation`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.setDisk(1, stall: 0, full: true)
        #expect(cluster.invoke(1, "b") == MP_FULL)
        #expect(cluster[1].log() == ["a"])
        #expect(cluster.confirm(1) == MP_OK, "reads go on")
        cluster.settle()
        #expect(cluster.takeOutcome(MP_CONFIRMED, of: 1) != nil)
    }

    @Test func `ends a pull that would have to store what it adopts`() throws {
        let cluster = `A pull`.withLongLog(voters: 3)
        cluster.setDisk(1, stall: 0, full: true)
        let outcome = try #require(cluster.pullAndSettle(1, among: [1, 2]))
        #expect(outcome.kind == MP_PULL_NO_QUORUM)
        #expect(cluster[1].log() == ["x", "y", "z"])
        cluster.setDisk(1, stall: 0, full: false)
        #expect(cluster.own(1, among: [1, 2]) != nil)
        #expect(cluster[1].log() == ["a", "b", "c", "d"])
    }
}
