import CMultiPaxos
import Testing

@testable import ADOSimulator

/// Where a log begins, and what a snapshot may take the place of.
@Suite struct `A log behind a snapshot` {
    /// Nodes 1 and 2 commit more than they keep in memory and trim it; node 3 has the first entry.
    private func trimmed(clients: UInt64 = 0) -> CoreCluster {
        let cluster = CoreCluster.owned(by: 1, clients: clients, "a")
        for number in 0..<100 {
            cluster.invoke(1, "\(number)")
            cluster.push(1)
            cluster.settle(among: [1, 2])
        }
        for node in [1, 2] as [UInt64] {
            let commit = cluster[node].view().commit
            #expect(cluster.trim(node, at: commit) == MP_OK)
            cluster.flush(node)
            cluster.restart(node)
        }
        cluster.take()
        return cluster
    }

    /// Lets time pass at a node, with nothing lost, until it says that it is behind.
    private func waitUntilBehind(_ node: UInt64, _ cluster: CoreCluster) -> mp_outcome? {
        for _ in 0..<80 {
            if let behind = cluster.takeOutcome(MP_BEHIND, of: node) { return behind }
            cluster.timeOut(1)
            cluster.settle()
        }
        return nil
    }

    @Test func `is trimmed only as far as it is committed`() throws {
        let cluster = CoreCluster.owned(by: 1, clients: 1, "a", "b")
        let commit = cluster[1].view().commit
        cluster.invoke(1, "c")
        cluster.push(1)
        let tip = cluster[1].view().tip
        #expect(cluster.trim(1, at: tip) == MP_STALE)
        var other = commit
        other.checksum ^= 1
        #expect(cluster.trim(1, at: other) == MP_CONFLICT)
        #expect(cluster.trim(cluster.client(1), at: commit) == MP_UNKNOWN_GROUP)
        #expect(cluster.trim(1, at: commit) == MP_OK)
        #expect(cluster.trim(1, at: commit) == MP_STALE)
        cluster.settle()
        #expect(cluster[1].disk[1].hard.trimmed == commit)
        #expect(cluster[1].disk[1].frames.frames.map(\.texts) == [["c"]])
    }

    @Test func `is not begun by a snapshot of nothing`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        #expect(cluster.install(2, at: .root, ballot: mp_ballot(1, 1), group: 7) == MP_STALE)
        #expect(cluster.trim(2, at: .root, group: 7) == MP_UNKNOWN_GROUP)
    }

    @Test func `is trimmed without naming what was only invoked as stored`() {
        let cluster = CoreCluster.owned(by: 1, "a", "b")
        let commit = cluster[1].view().commit
        cluster.invoke(1, "c")
        #expect(cluster.trim(1, at: commit) == MP_OK)
        cluster.flush(1)
        #expect(cluster[1].disk[1].hard.tip == commit)
        cluster.restart(1)
        #expect(cluster[1].view().tip == commit)
    }

    @Test func `goes on after a restart`() {
        let cluster = trimmed()
        #expect(cluster[1].view().trimmed.index == 101)
        #expect(cluster.own(2, among: [1, 2]) != nil)
        cluster.invoke(2, "new")
        cluster.push(2)
        cluster.settle(among: [1, 2])
        #expect(cluster.ledger.committed(1) == 102)
    }

    @Test func `tells a voter that is behind to get a snapshot, and serves what follows`() throws {
        let cluster = trimmed()
        #expect(cluster.own(1) != nil)
        cluster.barrier(1)
        cluster.push(1)
        let behind = try #require(waitUntilBehind(3, cluster))
        #expect(behind.point.index == 101)
        let point = behind.point
        let ballot = cluster[1].view().promised
        #expect(cluster.install(3, at: point, ballot: ballot) == MP_OK)
        cluster.settle()
        cluster.spread(from: 1)
        #expect(cluster[3].view().commit.index == 102)
        #expect(cluster[3].disk[1].hard.trimmed == point)
        // It has a vote that counts: entries commit with it alone beside the owner.
        cluster.invoke(1, "with 3")
        cluster.push(1)
        cluster.settle(among: [1, 3])
        #expect(cluster.ledger.committed(1) == 103)
        cluster.restart(3)
        #expect(cluster[3].view().tip.index == 103)
    }

    @Test func `reaches a proposer without a disk that pulls`() throws {
        let cluster = trimmed(clients: 1)
        let client = cluster.client(1)
        cluster.pull(client, within: 100 * cluster.configuration.timeout)
        cluster.settle(among: [1, 2, client])
        let behind = try #require(cluster.takeOutcome(MP_BEHIND, of: client))
        #expect(cluster[client].view().role == MP_ADOPTING)
        // Time does not end the pull: the voter is asked again, and says the same.
        for _ in 0..<3 {
            cluster.timeOut(client)
            cluster.settle(among: [1, 2, client])
        }
        #expect(cluster[client].view().role == MP_ADOPTING)
        let ballot = cluster[client].view().promised
        #expect(cluster.install(client, at: behind.point, ballot: ballot) == MP_OK)
        cluster.settle(among: [1, 2, client])
        #expect(cluster.takeOutcome(MP_PULLED, of: client)?.point.index == 101)
        cluster.invoke(client, "mine")
        cluster.push(client)
        cluster.settle()
        #expect(cluster.ledger.committed(1) == 102)
    }
}

@Suite struct `A snapshot that arrives` {
    private let low = mp_ballot(2, 1)
    private let high = mp_ballot(5, 2)

    /// Node 3 has promised and holds `entries`, of which the first `committed` are committed.
    private func node3(
        _ entries: (String, mp_ballot)..., committed: Int
    ) -> (CoreCluster, [Frame]) {
        let cluster = CoreCluster(voters: 3)
        var frames: [Frame] = []
        for (text, ballot) in entries {
            frames.append(
                .sealed(
                    [Array(text.utf8)], first: UInt64(frames.count) + 1, ballot: ballot,
                    previous: frames.last?.batch.checksum ?? 0))
        }
        cluster.preload(3, frames, promised: entries.last?.1 ?? low, committed: committed)
        cluster.start()
        return (cluster, frames)
    }

    private func point(_ index: UInt64, _ ballot: mp_ballot) -> mp_point {
        mp_point(index: index, ballot: ballot, checksum: 0xabc)
    }

    @Test func `is refused where as much is committed`() {
        let (cluster, frames) = node3(("a", low), ("b", low), committed: 2)
        #expect(cluster.install(3, at: frames[1].point, ballot: low) == MP_STALE)
        #expect(cluster.install(3, at: frames[0].point, ballot: low) == MP_STALE)
        #expect(cluster[3].view().commit == frames[1].point)
    }

    @Test func `is refused by an owner, and with a ballot below its own`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.assumeUnknownLogs()
        let ahead = point(9, low)
        #expect(cluster.install(1, at: ahead, ballot: high) == MP_STALE)
        #expect(cluster.install(3, at: point(9, high), ballot: low) == MP_MALFORMED)
        #expect(cluster.install(3, at: ahead, voters: 1 << 63, ballot: high) == MP_OK)
        #expect(cluster[3].view().voters == 1 << 63)
    }

    @Test func `keeps what follows it in a log that holds it`() {
        let (cluster, frames) = node3(("a", low), ("b", low), ("c", low), committed: 1)
        cluster.assumeCommitted(frames[1])
        #expect(cluster.install(3, at: frames[1].point, ballot: low) == MP_OK)
        cluster.flush(3)
        #expect(cluster[3].view().commit == frames[1].point)
        #expect(cluster[3].view().tip == frames[2].point)
        #expect(cluster[3].view().trimmed.index == 0)
    }

    @Test func `takes the place of a log that does not hold it, and of all that follows`() {
        let (cluster, _) = node3(("a", low), ("b", low), ("c", low), committed: 1)
        let there = point(2, low)
        #expect(cluster.install(3, at: there, ballot: low) == MP_OK)
        cluster.flush(3)
        let view = cluster[3].view()
        #expect(view.commit == there && view.tip == there && view.trimmed == there)
        #expect(view.verified == 2)
        #expect(cluster[3].disk[1].frames.frames.isEmpty)
        #expect(cluster[3].disk[1].hard.tip == there)
        cluster.restart(3)
        #expect(cluster[3].view().tip == there)
    }

    @Test func `raises the promise to where it was known to be committed`() throws {
        let (cluster, _) = node3(("a", low), committed: 1)
        #expect(cluster.install(3, at: point(4, low), ballot: high) == MP_OK)
        cluster.flush(3)
        #expect(cluster[3].disk[1].hard.promised == high)
        cluster.take()
        // An owner before the one that committed it must not count this log as its own.
        let late = message(MP_MESSAGE_COMMIT, mp_ballot(3, 1), point: point(4, mp_ballot(3, 1)))
        cluster.receiveHonest(Packet(from: 1, to: 3, message: late))
        cluster.flush(3)
        let answer = try #require(cluster.take { $0.is(MP_MESSAGE_ACCEPTED) }.last)
        #expect(answer.message.outcome == UInt8(MP_OUTCOME_REFUSED.rawValue))
    }

    @Test func `is acknowledged only when it is durable`() {
        let (cluster, _) = node3(("a", low), committed: 1)
        cluster.take()
        #expect(cluster.install(3, at: point(4, low), ballot: low) == MP_OK)
        #expect(!cluster.inFlight.contains { $0.is(MP_MESSAGE_ACCEPTED) })
        cluster.flush(3)
        #expect(cluster.inFlight.contains { $0.is(MP_MESSAGE_ACCEPTED) })
    }

    @Test func `ends a pull whose best log is shorter than what is committed`() {
        let cluster = CoreCluster.owned(by: 1, clients: 1, "a")
        let client = cluster.client(1)
        cluster.assumeUnknownLogs()
        cluster.pull(client)
        let ballot = cluster[client].view().promised
        let installed = cluster.install(client, at: point(7, mp_ballot(1, 1)), ballot: ballot)
        #expect(installed == MP_OK)
        cluster.settle()
        #expect(cluster.takeOutcome(MP_PULL_NO_QUORUM, of: client) != nil)
        #expect(cluster[client].view().role == MP_FOLLOWING)
    }

    @Test func `counts as the own promise of a pull that waits for others`() {
        let (cluster, _) = node3(("a", low), ("b", mp_ballot(4, 3)), committed: 1)
        cluster.pull(3)
        cluster.flush(3)
        cluster.take()
        let ballot = cluster[3].view().promised
        #expect(cluster.install(3, at: point(2, low), ballot: ballot) == MP_OK)
        cluster.flush(3)
        // The other voters' logs are empty: the own one is the best, as it now is.
        for _ in 0..<8 where cluster[3].view().role == MP_PREPARING {
            cluster.timeOut(3)
            cluster.settle()
        }
        #expect(cluster.takeOutcome(MP_PULLED, of: 3)?.point == point(2, low))
    }
}
