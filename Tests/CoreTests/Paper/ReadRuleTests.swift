import CMultiPaxos
import Testing

@testable import ADOSimulator

/// MODEL.md, section 6, how reads stay linearizable.
@Suite struct `A read` {
    @Test func `is not ready until an entry of the own ballot is committed`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        #expect(cluster.own(2) != nil)
        #expect(cluster.confirm(2) == MP_NOT_READY)
        cluster.barrier(2)
        #expect(cluster.confirm(2) == MP_NOT_READY)
        cluster.push(2)
        #expect(cluster.confirm(2) == MP_NOT_READY)
        cluster.settle()
        #expect(cluster[2].view().ready)
        #expect(cluster.confirm(2) == MP_OK)
        cluster.settle()
        #expect(cluster.takeOutcome(MP_CONFIRMED, of: 2) != nil)
    }

    @Test func `of who does not own is refused`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        #expect(cluster.confirm(2) == MP_STALE)
    }

    @Test func `waits for a quorum`() {
        let cluster = CoreCluster.owned(by: 1, voters: 5, "a")
        cluster.confirm(1)
        cluster.deliver(MP_MESSAGE_CONFIRM, to: 2)
        let answers = cluster.take { $0.is(MP_MESSAGE_CONFIRMED) }
        #expect(answers.count == 1)
        // The same voter twice is one voter.
        for packet in answers + answers { cluster.receiveHonest(packet) }
        #expect(cluster.takeOutcome(MP_CONFIRMED, of: 1) == nil)
        cluster.deliver(MP_MESSAGE_CONFIRM, to: 3)
        cluster.deliver(MP_MESSAGE_CONFIRMED)
        #expect(cluster.takeOutcome(MP_CONFIRMED, of: 1) != nil)
    }

    @Test func `is never confirmed to a deposed owner`() throws {
        let cluster = CoreCluster.owned(by: 1, "a")
        #expect(cluster.own(2, among: [2, 3]) != nil)
        cluster.invoke(2, "b")
        cluster.push(2)
        cluster.settle(among: [2, 3])
        #expect(cluster.ledger.texts(1) == ["a", "b"])
        #expect(cluster[1].owns, "node 1 has not heard of it")
        #expect(cluster.confirm(1) == MP_OK)
        cluster.settle()
        let outcomes = cluster[1].takeOutcomes()
        #expect(!outcomes.contains { $0.kind == MP_CONFIRMED })
        #expect(outcomes.contains { $0.kind == MP_PREEMPTED })
    }

    @Test func `is not answered by messages that were sent before it`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        #expect(cluster.confirm(1) == MP_OK)
        cluster.deliver(MP_MESSAGE_CONFIRM)
        let early = cluster.take { $0.is(MP_MESSAGE_CONFIRMED) }
        #expect(early.count == 2)
        // While those answers travel, another owner commits; then the second read is asked.
        #expect(cluster.own(2, among: [2, 3]) != nil)
        cluster.invoke(2, "b")
        cluster.push(2)
        cluster.settle(among: [2, 3])
        #expect(cluster.confirm(1) == MP_OK)
        for packet in early { cluster.receiveHonest(packet) }
        // They answer the first read, whose state was fresh enough, and only that.
        let first = cluster[1].takeOutcomes().filter { $0.kind == MP_CONFIRMED }
        #expect(first.count == 1)
        cluster.settle()
        let later = cluster[1].takeOutcomes()
        #expect(!later.contains { $0.kind == MP_CONFIRMED })
        #expect(later.contains { $0.kind == MP_PREEMPTED })
    }

    @Test func `asks again when its messages are lost`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.confirm(1)
        cluster.take()
        for _ in 0..<6 { cluster.timeOut(1) }
        cluster.settle()
        #expect(cluster.takeOutcome(MP_CONFIRMED, of: 1) != nil)
    }

    @Test func `elsewhere takes the best tip of a quorum and deposes nobody`() throws {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.invoke(1, "b")
        cluster.push(1)
        cluster.settle(among: [1, 2])
        #expect(cluster.ledger.texts(1) == ["a", "b"])
        #expect(cluster[3].log() == ["a"])
        #expect(cluster.askTips(3) == MP_OK)
        #expect(cluster.takeOutcome(MP_TIPPED, of: 3) == nil, "one of three is no quorum")
        cluster.settle(among: [2, 3])
        let tipped = try #require(cluster.takeOutcome(MP_TIPPED, of: 3))
        #expect(tipped.point.index == 2)
        #expect(cluster[1].owns)
    }

    @Test func `by tips is not answered by what was told before a restart`() throws {
        let cluster = CoreCluster(voters: 3)
        cluster.start()
        cluster.take()
        cluster.askTips(3)
        cluster.deliver(MP_MESSAGE_ASK)
        let old = cluster.take { $0.is(MP_MESSAGE_TIP) }
        #expect(old.count == 2)
        cluster.now += 1000
        cluster.restart(3)
        cluster.take()
        #expect(cluster.own(1, among: [1, 2]) != nil)
        cluster.invoke(1, "a")
        cluster.push(1)
        cluster.settle(among: [1, 2])
        cluster.askTips(3)
        for packet in old { cluster.receiveHonest(packet) }
        #expect(cluster.takeOutcome(MP_TIPPED, of: 3) == nil)
        cluster.settle()
        #expect(cluster.takeOutcome(MP_TIPPED, of: 3)?.point.index == 1)
    }
}
