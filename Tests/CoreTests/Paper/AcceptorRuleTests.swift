import CMultiPaxos
import Testing

@testable import ADOSimulator

/// MODEL.md, section 6, what an acceptor and learner must and must not do.
@Suite struct `An acceptor` {
    /// Node 3 holds one entry that everybody has, and two of a dead branch.
    static func withDeadBranch() -> CoreCluster {
        let cluster = CoreCluster(voters: 3)
        let low = mp_ballot(1, 1)
        let dead = mp_ballot(2, 3)
        let common = CoreCluster.chain(("a", low))
        let branch = CoreCluster.chain(("a", low), ("x", dead), ("y", dead))
        cluster.preload(1, common, promised: dead)
        cluster.preload(2, common, promised: dead)
        cluster.preload(3, branch, promised: dead)
        cluster.start()
        cluster.take()
        _ = cluster.pullAndSettle(1, among: [1, 2])
        return cluster
    }

    @Test func `sends a promise only when it is durable`() {
        let cluster = CoreCluster(voters: 3)
        cluster.start()
        cluster.take()
        cluster.pull(1)
        #expect(!cluster.inFlight.contains { $0.is(MP_MESSAGE_PREPARE) }, "its own comes first")
        cluster.flush(1)
        #expect(cluster.deliver(MP_MESSAGE_PREPARE) == 2)
        #expect(!cluster.inFlight.contains { $0.is(MP_MESSAGE_PROMISE) })
        cluster.flush(2)
        #expect(cluster.inFlight.count { $0.is(MP_MESSAGE_PROMISE) } == 1)
    }

    @Test func `sends accepted only when the entries are durable`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.invoke(1, "b")
        cluster.push(1)
        cluster.deliver(MP_MESSAGE_ACCEPT, to: 2)
        #expect(!cluster.inFlight.contains { $0.is(MP_MESSAGE_ACCEPTED) })
        cluster.crash(2)
        cluster.start(2)
        #expect(cluster[2].log() == ["a"])
    }

    @Test func `counts as a vote of the owner only once its own disk has the entry`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.invoke(1, "b")
        cluster.push(1)
        cluster.deliver(MP_MESSAGE_ACCEPT, to: 2)
        cluster.flush(2)
        cluster.deliver(MP_MESSAGE_ACCEPTED)
        #expect(cluster.ledger.texts(1) == ["a"])
        cluster.flush(1)
        #expect(cluster.ledger.texts(1) == ["a", "b"])
    }

    @Test func `acknowledges what it has verified and not the length of its log`() {
        let cluster = Self.withDeadBranch()
        cluster.invoke(1, "b")
        cluster.push(1)
        // Node 3 hears of the first entry only; node 2 of nothing.
        cluster.take { $0.to == 2 || $0.frame?.batch.first == 2 }
        cluster.flush(1)
        cluster.deliver(MP_MESSAGE_ACCEPT, to: 3)
        cluster.flush(3)
        #expect(cluster[3].view().tip.index == 3)
        let acknowledged = cluster.inFlight.filter { $0.is(MP_MESSAGE_ACCEPTED) && $0.from == 3 }
        #expect(acknowledged.map(\.message.point.index) == [1])
        cluster.deliver(MP_MESSAGE_ACCEPTED)
        #expect(cluster.ledger.committed(1) == 0)
        #expect(mp_replica_match(cluster[1].replica?.raw, 1, 3) == 1)
    }

    @Test func `applies nothing beyond what it has verified`() {
        let cluster = Self.withDeadBranch()
        cluster.invoke(1, "b")
        cluster.push(1)
        cluster.settle(among: [1, 2])
        #expect(cluster.ledger.texts(1) == ["a", "b"])
        // The news of commit 2 reaches node 3, whose entry 2 is of the dead branch.
        let isNews = { (packet: Packet) in packet.is(MP_MESSAGE_COMMIT) && packet.to == 3 }
        for _ in 0..<9 where !cluster.inFlight.contains(where: isNews) { cluster.timeOut(1) }
        let commits = cluster.take(where: isNews)
        for packet in commits { cluster.receiveHonest(packet) }
        #expect(!commits.isEmpty)
        #expect(cluster[3].view().commit.index == 0)
        cluster.spread(from: 1)
        #expect(cluster[3].log() == ["a", "b"])
        #expect(cluster[3].applied[1] == 2)
    }

    @Test func `does not cut its log for a late or doubled accept`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        for text in ["b", "c", "d"] { cluster.invoke(1, text) }
        cluster.push(1)
        let accepts = cluster.inFlight.filter { $0.is(MP_MESSAGE_ACCEPT) }
        cluster.settle()
        for packet in accepts + accepts.reversed() {
            cluster.receiveHonest(packet)
            #expect(cluster[packet.to].log() == ["a", "b", "c", "d"])
        }
        // Another owner goes on; what the first one sent is now stale.
        #expect(cluster.pullAndSettle(2)?.kind == MP_PULLED)
        cluster.invoke(2, "e")
        cluster.push(2)
        cluster.settle()
        for packet in accepts { cluster.receiveHonest(packet) }
        cluster.settle()
        for node in UInt64(1)...3 { #expect(cluster[node].log() == ["a", "b", "c", "d", "e"]) }
    }

    @Test func `refuses an accept that leaves a gap and says what it has`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.invoke(1, "b")
        cluster.push(1)
        cluster.take { $0.to == 3 }
        cluster.invoke(1, "c")
        cluster.push(1)
        #expect(cluster.deliver(MP_MESSAGE_ACCEPT, to: 3) == 1)
        #expect(cluster[3].log() == ["a"])
        cluster.flush(3)
        let answer = cluster.inFlight.first { $0.is(MP_MESSAGE_ACCEPTED) && $0.from == 3 }
        #expect(answer?.message.outcome == UInt8(MP_OUTCOME_GAP.rawValue))
        #expect(answer?.message.point.index == 1)
        cluster.settle()
        #expect(cluster[3].log() == ["a", "b", "c"])
    }

    @Test func `never cuts a frame`() {
        let cluster = CoreCluster(voters: 3)
        let low = mp_ballot(1, 1)
        let first = Frame.sealed([[1], [2], [3]], first: 1, ballot: low, previous: 0)
        cluster.preload(2, [first], promised: low)
        cluster.start()
        cluster.take()
        // A batch that begins inside of the frame can come from no honest owner.
        let high = mp_ballot(2, 1)
        let cut = Frame.sealed([[9]], first: 2, ballot: high, previous: first.batch.checksum)
        let point = mp_point(index: 1, ballot: low, checksum: first.batch.checksum)
        let accept = message(MP_MESSAGE_ACCEPT, high, point: point)
        let status = cluster.receive(Packet(from: 1, to: 2, message: accept, frame: cut))
        cluster.settle()
        #expect(status == MP_OK || status == MP_CONFLICT)
        #expect(cluster[2].view().tip == first.point)
    }

    @Test func `refuses a ballot more than 2 to the 32 rounds above its promise`() {
        let cluster = CoreCluster(voters: 3, clients: 1)
        let client = cluster.client(1)
        cluster.start()
        cluster.take()
        let near = message(MP_MESSAGE_PREPARE, mp_ballot(1 << 32, client))
        cluster.receiveHonest(Packet(from: client, to: 2, message: near))
        cluster.flush(2)
        #expect(cluster[2].view().promised.round == 1 << 32)
        let far = message(MP_MESSAGE_PREPARE, mp_ballot(1 << 33 + 1, client))
        cluster.receiveHonest(Packet(from: client, to: 2, message: far))
        cluster.flush(2)
        #expect(cluster[2].view().promised.round == 1 << 32)
        let answers = cluster.take { $0.is(MP_MESSAGE_PROMISE) }
        #expect(answers.map(\.message.outcome) == [0, UInt8(MP_OUTCOME_REFUSED.rawValue)])
        #expect(answers.last?.message.point.ballot.round == 1 << 32)
    }

    @Test func `never goes back below its commit index whatever a peer claims`() {
        let cluster = CoreCluster.owned(by: 1, "a", "b")
        let high = mp_ballot(9, 2)
        let forged = Frame.sealed([[7]], first: 1, ballot: high, previous: 0)
        let accept = message(MP_MESSAGE_ACCEPT, high)
        let status = cluster.receive(Packet(from: 2, to: 3, message: accept, frame: forged))
        #expect(status == MP_CONFLICT)
        #expect(cluster[3].log() == ["a", "b"])
    }
}

@Suite struct `A node that lost entries` {
    @Test func `votes for nothing and serves nothing`() {
        let cluster = CoreCluster.owned(by: 1, "a", "b")
        cluster.crash(3)
        cluster.start(3, lost: [1])
        cluster.take()
        #expect(cluster[3].view().lost)

        let kinds = [
            MP_MESSAGE_PREPARE, MP_MESSAGE_COMMIT, MP_MESSAGE_CONFIRM, MP_MESSAGE_ASK,
        ]
        for kind in kinds {
            let packet = Packet(from: 2, to: 3, message: message(kind, mp_ballot(9, 2)))
            #expect(cluster.receive(packet) == MP_OK)
        }
        let frame = Frame.sealed([[1]], first: 1, ballot: mp_ballot(9, 2), previous: 0)
        let accept = message(MP_MESSAGE_ACCEPT, mp_ballot(9, 2))
        #expect(cluster.receive(Packet(from: 2, to: 3, message: accept, frame: frame)) == MP_OK)
        #expect(cluster.inFlight.isEmpty)
        #expect(cluster[3].disk.queue.isEmpty)

        let fetch = message(
            MP_MESSAGE_FETCH, point: mp_point(index: 1, ballot: .none, checksum: 0),
            flags: UInt16(MP_FLAG_LEARN.rawValue))
        #expect(cluster.receive(Packet(from: 2, to: 3, message: fetch)) == MP_OK)
        #expect(cluster.inFlight.map(\.message.outcome) == [UInt8(MP_OUTCOME_GONE.rawValue)])
        #expect(cluster.pull(3) == MP_STALE)
    }

    @Test func `is not needed while the others are a quorum and is missed when they are not`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.crash(3)
        cluster.start(3, lost: [1])
        cluster.invoke(1, "b")
        cluster.push(1)
        cluster.settle()
        #expect(cluster.ledger.texts(1) == ["a", "b"])
        cluster.crash(1)
        cluster.pull(2)
        cluster.settle()
        #expect(cluster.outcomeAlone(2)?.kind == MP_PULL_NO_QUORUM)
    }
}
