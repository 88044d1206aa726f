import CMultiPaxos
import Testing

@testable import ADOSimulator

/// MODEL.md, sections 2, 3 and 6, what a proposer does and is told.
@Suite struct `A pull` {
    /// Node 2 has the best log, long enough for several fetches.
    static func withLongLog(voters: UInt64, fetchBytes: UInt64 = 1) -> CoreCluster {
        var configuration = CoreCluster.Configuration()
        configuration.voters = voters
        configuration.clients = 1
        configuration.fetchBytes = fetchBytes
        let cluster = CoreCluster(configuration)
        let ballot = mp_ballot(3, 2)
        let log = CoreCluster.chain(("a", ballot), ("b", ballot), ("c", ballot), ("d", ballot))
        let old = mp_ballot(2, 1)
        let own = CoreCluster.chain(("x", old), ("y", old), ("z", old))
        cluster.preload(1, own, promised: ballot)
        cluster.preload(2, log, promised: ballot)
        cluster.start()
        cluster.take()
        return cluster
    }

    @Test func `adopts a log that takes many fetches`() {
        let cluster = Self.withLongLog(voters: 3)
        #expect(cluster.own(3, among: [2, 3]) != nil)
        #expect(cluster[3].log() == ["a", "b", "c", "d"])
        #expect(cluster.own(1, among: [1, 3]) != nil)
        #expect(cluster[1].log() == ["a", "b", "c", "d"])
    }

    @Test func `that fetches is preempted when the promise it rests on has moved`() throws {
        let cluster = Self.withLongLog(voters: 3)
        let client = cluster.client(1)
        cluster.pull(1)
        cluster.flush(1)
        cluster.deliver(MP_MESSAGE_PREPARE, to: 2)
        cluster.flush(2)
        cluster.deliver(MP_MESSAGE_PROMISE, from: 2)
        #expect(cluster[1].view().role == MP_ADOPTING)

        let rival = mp_ballot(9, client)
        let prepare = message(MP_MESSAGE_PREPARE, rival)
        cluster.receiveHonest(Packet(from: client, to: 2, message: prepare))
        cluster.flush(2)
        #expect(cluster.deliver(MP_MESSAGE_FETCH, to: 2) == 1)
        cluster.flush(2)
        let answer = try #require(cluster.inFlight.first { $0.is(MP_MESSAGE_FETCHED) })
        #expect(answer.message.outcome == UInt8(MP_OUTCOME_REFUSED.rawValue))
        cluster.deliver(MP_MESSAGE_FETCHED)
        let outcome = try #require(cluster.lastPullOutcome(1))
        #expect(outcome.kind == MP_PULL_PREEMPTED)
        #expect(outcome.ballot == rival)
        #expect(cluster[1].log() == ["x", "y", "z"], "nothing was adopted")
    }

    /// It has lost the group since, or finds nothing that it can read.
    @Test(arguments: [MP_OUTCOME_GONE, MP_OUTCOME_OK].map { UInt8($0.rawValue) })
    func `asks anew when the log that was promised cannot be had`(outcome: UInt8) throws {
        let cluster = Self.withLongLog(voters: 3)
        cluster.pull(1)
        cluster.flush(1)
        cluster.deliver(MP_MESSAGE_PREPARE, to: 2)
        cluster.flush(2)
        cluster.deliver(MP_MESSAGE_PROMISE, from: 2)
        cluster.deliver(MP_MESSAGE_FETCH, to: 2)
        let sent = cluster.take { $0.from == 2 }
        let fetched = try #require(sent.first { $0.is(MP_MESSAGE_FETCHED) })
        var answer = fetched.message
        answer.outcome = outcome
        answer.point = .root
        cluster.receiveHonest(Packet(from: 2, to: 1, message: answer))
        #expect(cluster[1].view().role == MP_PREPARING)
        #expect(cluster.inFlight.contains { $0.is(MP_MESSAGE_PREPARE) && $0.to == 2 })
        cluster.settle(among: [1, 2])
        #expect(cluster.lastPullOutcome(1)?.kind == MP_PULLED)
        #expect(cluster[1].log() == ["a", "b", "c", "d"])
    }

    @Test func `chooses again when the best acceptor dies and the others are a quorum`() throws {
        let cluster = Self.withLongLog(voters: 5)
        cluster.pull(1)
        cluster.flush(1)
        cluster.deliver(MP_MESSAGE_PREPARE)
        for node in UInt64(2)...5 { cluster.flush(node) }
        cluster.deliver(MP_MESSAGE_PROMISE, from: 2)
        cluster.deliver(MP_MESSAGE_PROMISE, from: 3)
        #expect(cluster[1].view().role == MP_ADOPTING)
        cluster.deliver(MP_MESSAGE_PROMISE)
        // One frame arrives, which replaces the own log, and then node 2 is gone.
        cluster.deliver(MP_MESSAGE_FETCH)
        cluster.deliver(MP_MESSAGE_FRAME)
        cluster.flush(1)
        #expect(cluster[1].log() == ["a"])
        cluster.crash(2)
        cluster.take()
        for _ in 0..<40 where cluster.lastPullOutcome(1) == nil {
            cluster.timeOut(1)
            cluster.settle()
        }
        let outcome = try #require(cluster.lastPullOutcome(1))
        #expect(outcome.kind == MP_PULLED)
        // Nothing was committed of either log: what is left of the adoption is as good as any.
        #expect(cluster[1].log() == ["a"])
        cluster.barrier(1)
        cluster.push(1)
        cluster.settle()
        #expect(cluster.ledger.texts(1) == ["a", ""])
        // Node 2 returns and follows.
        cluster.start(2)
        cluster.spread(from: 1)
        #expect(cluster[2].log() == ["a", ""])
    }

    @Test func `fails when the best acceptor dies and the others are no quorum`() throws {
        let cluster = Self.withLongLog(voters: 3)
        cluster.crash(3)
        cluster.pull(1, within: 2 * T)
        let deadline = cluster.now + 2 * T
        cluster.flush(1)
        cluster.deliver(MP_MESSAGE_PREPARE, to: 2)
        cluster.flush(2)
        cluster.deliver(MP_MESSAGE_PROMISE)
        #expect(cluster[1].view().role == MP_ADOPTING)
        cluster.crash(2)
        let outcome = try #require(cluster.outcomeAlone(1))
        #expect(outcome.kind == MP_PULL_NO_QUORUM)
        #expect(cluster.now == deadline)
    }

    @Test func `that hears nobody fails at its deadline and not before or after`() throws {
        let cluster = CoreCluster(voters: 3)
        cluster.start()
        cluster.take()
        let start = cluster.now
        cluster.pull(1, within: 2 * T)
        cluster.flush(1)
        cluster.take()
        let outcome = try #require(cluster.outcomeAlone(1))
        #expect(outcome.kind == MP_PULL_NO_QUORUM)
        #expect(cluster.now == start + 2 * T)
        #expect(cluster[1].view().role == MP_FOLLOWING)
    }

    @Test func `that hears nobody fails after 2 T however long the caller would wait`() throws {
        let cluster = CoreCluster(voters: 3)
        cluster.start()
        cluster.take()
        let start = cluster.now
        cluster.pull(1, within: 50 * T)
        cluster.flush(1)
        cluster.take()
        let outcome = try #require(cluster.outcomeAlone(1))
        #expect(outcome.kind == MP_PULL_NO_QUORUM)
        #expect(cluster.now == start + 2 * T)
    }

    @Test func `with a quorum may take longer than 2 T to fetch what it adopts`() throws {
        let cluster = Self.withLongLog(voters: 3)
        let start = cluster.now
        cluster.pull(1, within: 50 * T)
        cluster.flush(1)
        while cluster.now < start + 4 * T {
            cluster.timeOut(1)
            cluster.settle { !$0.is(MP_MESSAGE_FRAME) && !$0.is(MP_MESSAGE_FETCHED) && $0.to != 3 }
        }
        #expect(cluster.lastPullOutcome(1) == nil)
        for _ in 0..<40 where cluster.lastPullOutcome(1) == nil {
            cluster.timeOut(1)
            cluster.settle()
        }
        #expect(cluster.lastPullOutcome(1)?.kind == MP_PULLED)
        #expect(cluster[1].log() == ["a", "b", "c", "d"])
    }

    @Test func `asks again while it waits`() {
        let cluster = CoreCluster(voters: 3)
        cluster.start()
        cluster.take()
        cluster.pull(1)
        cluster.flush(1)
        cluster.take()
        for _ in 0..<8 { cluster.timeOut(1) }
        #expect(cluster.inFlight.contains { $0.is(MP_MESSAGE_PREPARE) })
        cluster.settle()
        #expect(cluster[1].owns)
    }

    @Test func `is told which higher ballot preempts it while it prepares`() throws {
        let cluster = CoreCluster(voters: 3)
        cluster.start()
        cluster.take()
        cluster.own(3)
        let highest = cluster[3].view().promised
        // Node 1 has heard of it, a new cluster member at node 2 has too; a lower one is refused.
        let low = message(MP_MESSAGE_PREPARE, mp_ballot(1, 2))
        cluster.receiveHonest(Packet(from: 2, to: 1, message: low))
        cluster.flush(1)
        let answer = try #require(cluster.inFlight.first { $0.is(MP_MESSAGE_PROMISE) })
        #expect(answer.message.outcome == UInt8(MP_OUTCOME_REFUSED.rawValue))
        #expect(answer.message.point.ballot == highest)
    }

    @Test func `by one deposes the other and the deposed one is told by whom`() throws {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.invoke(1, "b")
        cluster.push(1)
        cluster.take()
        cluster.flush(1)
        cluster.take()
        #expect(cluster.pullAndSettle(2, among: [2, 3])?.kind == MP_PULLED)
        // Node 1 does not know yet: its accepts are refused, and it learns it so.
        #expect(cluster.push(1) == MP_OK)
        cluster.settle()
        let outcome = try #require(cluster.takeOutcome(MP_PREEMPTED, of: 1))
        #expect(outcome.ballot == cluster[2].view().owner)
        #expect(cluster.push(1) == MP_STALE)
        #expect(cluster.invoke(1, "c") == MP_STALE)
        #expect(cluster.confirm(1) == MP_STALE)
    }

    @Test func `forgets what was invoked and not pushed when it is preempted`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.invoke(1, "never sent")
        #expect(cluster[1].log() == ["a", "never sent"])
        #expect(cluster.pullAndSettle(2)?.kind == MP_PULLED)
        #expect(cluster[1].log() == ["a"])
        #expect(cluster[1].disk[1].hard.tip == cluster[1].view().tip)
    }

    @Test func `while another is under way is refused`() {
        let cluster = CoreCluster(voters: 3)
        cluster.start()
        #expect(cluster.pull(1) == MP_OK)
        #expect(cluster.pull(1) == MP_STALE)
    }

    @Test func `uses no ballot twice across a crash`() throws {
        let cluster = CoreCluster(voters: 3)
        cluster.start()
        cluster.take()
        cluster.pull(1)
        let first = cluster[1].view().promised
        #expect(!cluster.inFlight.contains { $0.is(MP_MESSAGE_PREPARE) })
        cluster.flush(1)
        #expect(cluster.inFlight.count { $0.is(MP_MESSAGE_PREPARE) } == 2)
        cluster.crash(1)
        cluster.start(1)
        cluster.pull(1)
        #expect(cluster[1].view().promised > first)
    }

    @Test func `sends nothing of a ballot that a crash makes it forget`() {
        let cluster = CoreCluster(voters: 3)
        cluster.start()
        cluster.take()
        cluster.pull(1)
        let forgotten = cluster[1].view().promised
        cluster.crash(1)
        #expect(!cluster.inFlight.contains { $0.message.ballot == forgotten })
    }

    @Test func `of a promise that was made again after a restart is not counted twice`() throws {
        let cluster = CoreCluster(voters: 5)
        cluster.start()
        cluster.take()
        cluster.pull(1)
        cluster.flush(1)
        for _ in 0..<3 {
            cluster.deliver(MP_MESSAGE_PREPARE, to: 2)
            cluster.flush(2)
            cluster.restart(2)
            let promises = cluster.take { $0.is(MP_MESSAGE_PROMISE) }
            for packet in promises + promises { cluster.receiveHonest(packet) }
            for _ in 0..<3 { cluster.timeOut(1) }
        }
        #expect(cluster[1].view().role == MP_PREPARING, "two of five are no quorum")
    }
}
