import CMultiPaxos
import Testing

@testable import ADOSimulator

/// A server that lost its directory and was given a new one: which logs it votes in, and when.
@Suite struct `A server with a new directory` {
    // MARK: Before it is named

    @Test func `has no vote, although it has caught up`() {
        let cluster = CoreCluster.owned(by: 1, "a", "b")
        renew(3, 1, cluster)
        cluster.spread(from: 1)
        #expect(cluster[3].view().commit == cluster[1].view().commit)
        #expect(cluster[3].view().unnamed)

        let before = cluster.ledger.committed(1)
        cluster.invoke(1, "c")
        cluster.push(1)
        cluster.settle(among: [1, 3])
        #expect(cluster.ledger.committed(1) == before, "its acknowledgement counts for nothing")
        cluster.crash(1)
        #expect(cluster.own(2, among: [2, 3]) == nil, "and its promise does not")
        #expect(cluster.pull(3) == MP_STALE)
    }

    /// What was acknowledged is on 1 and on the directory that 3 lost; 2 knows nothing of it.
    @Test func `loses nothing that the old one acknowledged`() {
        let cluster = acknowledgedByOne()
        renew(3, 1, cluster)
        cluster.crash(1)
        #expect(cluster.own(2, among: [2, 3]) == nil)
        #expect(cluster.violations.isEmpty)
    }

    /// The same run as it would be if catching up were enough.
    @Test func `would lose it if it voted once it had caught up`() {
        let cluster = acknowledgedByOne()
        cluster.recordsIssues = false
        let known = cluster[2].disk
        cluster.crash(1)
        cluster.crash(3)
        cluster[3].disk = known
        cluster.start(3)
        #expect(cluster.own(2, among: [2, 3])?.kind == MP_PULLED)
        cluster.barrier(2)
        cluster.push(2)
        cluster.settle(among: [2, 3])
        #expect(!cluster.violations.isEmpty)
    }

    // MARK: The entry that names it

    @Test func `votes once the entry that names it is committed and known to it`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        readmit(3, 1, by: 1, cluster)
        #expect(!cluster[3].view().unnamed)
        #expect(cluster[3].view().admissions_committed == cluster.admissions(3, 1))

        cluster.crash(2)
        let before = cluster.ledger.committed(1)
        cluster.invoke(1, "b")
        cluster.push(1)
        cluster.settle(among: [1, 3])
        #expect(cluster.ledger.committed(1) == before + 1)
        cluster.crash(1)
        cluster.start(2)
        #expect(cluster.own(3, among: [2, 3])?.kind == MP_PULLED)
        #expect(cluster[3].log().last == "b")
    }

    /// The owner dies before it says that the entry is committed; 2 knows, but is no quorum.
    @Test func `hears from whoever pulls that it is named`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        renew(3, 1, cluster)
        #expect(cluster.admit(1, 3, generation: 1) == MP_OK)
        cluster.push(1)
        let named = cluster[1].view().tip.index
        cluster.settle(among: [1, 2])
        #expect(cluster.wake(1, among: [1, 2]) { cluster[2].view().commit.index == named })
        cluster.crash(1)
        #expect(cluster[3].view().commit == .root, "it has heard of nothing")
        #expect(
            cluster.wake(2, among: [2, 3]) {
                cluster.own(2, among: [2, 3])?.kind == MP_PULLED
            })
        #expect(!cluster[3].view().unnamed)
    }

    @Test func `has no vote for the entry that names it`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        renew(3, 1, cluster)
        let before = cluster.ledger.committed(1)
        #expect(cluster.admit(1, 3, generation: 1) == MP_OK)
        cluster.push(1)
        cluster.settle(among: [1, 3])
        #expect(cluster.wake(1, among: [1, 3]) { cluster.ledger.committed(1) > before } == false)
        #expect(cluster[3].view().unnamed)
        #expect(cluster.wake(1, among: [1, 2]) { cluster.ledger.committed(1) > before })
        #expect(cluster[3].view().unnamed, "it has not heard of that yet")
        #expect(cluster.wake(1, among: [1, 2, 3]) { !cluster[3].view().unnamed })
    }

    /// The same run as it would be if 3 voted for an entry that only 1 and itself hold: 2 and a
    /// promise of the old directory are a quorum that knows of no admission.
    @Test func `would lose what it votes for if it did`() {
        let cluster = CoreCluster(voters: 3, clients: 1)
        cluster.recordsIssues = false
        let first = CoreCluster.chain(("x", mp_ballot(1, 1)))
        let naming = first + [Self.naming(cluster.admissions(3, 1), mp_ballot(1, 1), after: first)]
        cluster.preload(1, naming, promised: mp_ballot(1, 1), committed: 2)
        cluster.preload(2, first, promised: mp_ballot(1, 1), committed: 1)
        cluster.start(1)
        cluster.start(2)
        cluster.take()
        let client = cluster.client(1)
        cluster.start(client)
        cluster.pull(client)
        promise(of: 3, tip: first[0].point, to: client, cluster)
        cluster.settle(among: [client, 2])
        #expect(cluster.takeOutcome(MP_PULLED, of: client) != nil)
        cluster.barrier(client)
        cluster.push(client)
        cluster.settle(among: [client, 2])
        cluster.start(3)
        #expect(cluster.wake(client, among: [client, 2, 3]) { !cluster.violations.isEmpty })
    }

    /// A proposer holds a promise of the directory that is gone, to a ballot above the owner's.
    ///
    /// What the owner commits with the new one is not known to the proposer's other voter.
    @Test func `is not bound by what the old one promised`() {
        let cluster = CoreCluster(voters: 3, clients: 1)
        cluster.start()
        cluster.settle()
        #expect(cluster.own(1)?.kind == MP_PULLED)
        cluster.barrier(1)
        cluster.push(1)
        cluster.settle()
        let client = cluster.client(1)
        cluster.pull(client)
        let asked = cluster.take()
        for packet in asked where packet.to == 3 { cluster.receiveHonest(packet) }
        cluster.flush(3)
        cluster.deliver(MP_MESSAGE_PROMISE, from: 3, to: client)

        renew(3, 1, cluster)
        #expect(cluster.admit(1, 3, generation: 1) == MP_OK)
        cluster.push(1)
        cluster.settle(among: [1, 2, 3])
        #expect(cluster.wake(1, among: [1, 2, 3]) { !cluster[3].view().unnamed })
        let before = cluster.ledger.committed(1)
        cluster.invoke(1, "only 1 and 3 have this")
        cluster.push(1)
        cluster.settle(among: [1, 3])
        #expect(cluster.ledger.committed(1) == before + 1)

        for packet in asked where packet.to == 2 { cluster.receiveHonest(packet) }
        cluster.settle(among: [client, 2])
        #expect(cluster[client].view().role != MP_OWNING)
        #expect(cluster.violations.isEmpty)
    }

    // MARK: Again, and older ones

    @Test func `may lose that one too`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        for generation in UInt32(1)...3 {
            readmit(3, generation, by: 1, cluster)
            #expect(mp_replica_generation(cluster[1].replica?.raw, 1, 3) == generation)
        }
        readmit(2, 1, by: 1, cluster)
        cluster.crash(1)
        #expect(cluster.own(2, among: [2, 3])?.kind == MP_PULLED)
        readmit(1, 1, by: 2, committing: true, cluster)
        cluster.crash(2)
        #expect(cluster.own(3, among: [1, 3])?.kind == MP_PULLED)
        #expect(cluster[3].log().contains("a"))
    }

    @Test func `has no vote where the log names a later one`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.crash(3)
        let old = cluster[3].disk
        readmit(3, 1, by: 1, cluster)
        cluster.crash(3)
        cluster[3].renew(generation: 0)
        cluster[3].disk = old
        start(3, cluster)
        #expect(!cluster[3].view().unnamed, "of the later one it has not heard yet")
        #expect(cluster.wake(1, among: [1, 2, 3]) { cluster[3].view().unnamed })
        #expect(cluster.pull(3) == MP_STALE)
    }

    @Test func `keeps its vote when it starts again`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        readmit(3, 1, by: 1, cluster)
        for node in cluster.voters { cluster.restart(node) }
        cluster.settle()
        #expect(!cluster[3].view().unnamed)
        #expect(cluster.own(3, among: [2, 3])?.kind == MP_PULLED)
    }

    // MARK: Where the entry was trimmed

    @Test func `is named by a snapshot that stands for the entry`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        renew(3, 1, cluster)
        cluster.admit(1, 3, generation: 1)
        cluster.push(1)
        cluster.settle(among: [1, 2])
        let view = cluster[1].view()
        #expect(view.admissions_committed == cluster.admissions(3, 1))
        cluster.assumeUnknownLogs()
        #expect(
            cluster.install(
                3, at: view.commit, voters: view.voters_committed,
                admissions: view.admissions_committed, ballot: view.promised) == MP_OK)
        #expect(!cluster[3].view().unnamed)
        cluster.flush(3)
        cluster.restart(3)
        #expect(!cluster[3].view().unnamed)
    }

    @Test func `is not named by a snapshot from before the entry`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        let view = cluster[1].view()
        renew(3, 1, cluster)
        cluster.assumeUnknownLogs()
        #expect(
            cluster.install(3, at: view.commit, ballot: view.promised) == MP_OK)
        #expect(cluster[3].view().unnamed)
    }

    // MARK: Logs that begin later

    @Test func `votes at once in logs that begin after all know of it`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        let word = cluster.admissions(3, 1)
        for node in [UInt64(1), 2] { cluster.stand(node, admissions: word) }
        renew(3, 1, cluster)
        #expect(cluster.hear(3, group: 1) == MP_OK)
        #expect(cluster.hear(3, group: 1) == MP_STALE)
        cluster.flush(3)
        cluster.stand(3, admissions: word)
        #expect(cluster[3].view(1).unnamed, "this one is older")

        cluster.crash(2)
        cluster.pull(1, group: 2)
        cluster.settle(among: [1, 3])
        #expect(cluster[1].view(2).role == MP_OWNING)
        cluster.invoke(1, "new", group: 2)
        cluster.push(1, group: 2)
        cluster.settle(among: [1, 3])
        #expect(cluster.ledger.committed(2) == 1)
        cluster.restart(3)
        #expect(!cluster[3].view(2).unnamed && cluster[3].view(1).unnamed)
    }

    /// Two and a promise of the old directory would be a quorum of a log that one of them holds.
    @Test func `is not counted twice in them`() {
        let cluster = CoreCluster(voters: 3, clients: 1)
        cluster.start()
        cluster.settle()
        let client = cluster.client(1)
        cluster.pull(client, group: 2)
        let asked = cluster.take()
        for packet in asked where packet.to == 3 { cluster.receiveHonest(packet) }
        cluster.flush(3)
        cluster.deliver(MP_MESSAGE_PROMISE, from: 3, to: client)

        let word = cluster.admissions(3, 1)
        for node in [UInt64(1), 2] { cluster.stand(node, admissions: word) }
        renew(3, 1, cluster)
        cluster.stand(3, admissions: word)
        cluster.pull(1, group: 2)
        cluster.settle(among: [1, 3])
        cluster.invoke(1, "only 1 and 3 have this", group: 2)
        cluster.push(1, group: 2)
        cluster.settle(among: [1, 3])
        #expect(cluster.ledger.committed(2) == 1)

        for packet in asked where packet.to == 2 { cluster.receiveHonest(packet) }
        cluster.settle(among: [client, 2])
        #expect(cluster[client].view(2).role != MP_OWNING)
    }

    // MARK: What is refused

    @Test func `is named only by an owner that may, once, and as far as the word reaches`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        #expect(cluster.admit(2, 3, generation: 1) == MP_STALE)
        #expect(cluster.admit(1, 1, generation: 1) == MP_MALFORMED)
        #expect(cluster.admit(1, 7, generation: 1) == MP_MALFORMED)
        #expect(cluster.admit(1, 3, generation: 0) == MP_STALE)
        #expect(cluster.admit(1, 3, generation: mp_generation_max(3) + 1) == MP_MALFORMED)
        #expect(cluster.admit(1, 3, generation: mp_generation_max(3)) == MP_OK)
        cluster.push(1)
        #expect(cluster.admit(1, 2, generation: 1) == MP_BUSY)
        cluster.settle()
        #expect(cluster.admit(1, 3, generation: 1) == MP_STALE)
        #expect(cluster.own(2, among: [1, 2])?.kind == MP_PULLED)
        #expect(cluster.admit(2, 1, generation: 1) == MP_NOT_READY)
    }

    @Test func `is not named beside another change`() {
        let cluster = CoreCluster.owned(by: 1, "a")
        let log = cluster[2].disk[1].frames.frames
        let both = cluster.admissions(3, 1) | cluster.admissions(2, 1)
        for (voters, word) in [(0b111, both), (0b011, cluster.admissions(3, 1))] {
            let forged = Self.naming(word, mp_ballot(9, 1), voters: UInt64(voters), after: log)
            let accept = message(MP_MESSAGE_ACCEPT, mp_ballot(9, 1), point: cluster[2].view().tip)
            let packet = Packet(from: 1, to: 2, message: accept, frame: forged)
            #expect(cluster.receive(packet) == MP_CONFLICT)
        }
    }

    // MARK: Scenes

    /// Something is acknowledged by 1 and 3 alone.
    private func acknowledgedByOne() -> CoreCluster {
        let cluster = CoreCluster.owned(by: 1, "a")
        cluster.invoke(1, "b")
        cluster.push(1)
        cluster.settle(among: [1, 3])
        #expect(cluster.ledger.texts(1).last == "b")
        return cluster
    }

    private func renew(_ node: UInt64, _ generation: UInt32, _ cluster: CoreCluster) {
        cluster.crash(node)
        cluster[node].renew(generation: generation)
        start(node, cluster)
    }

    private func start(_ node: UInt64, _ cluster: CoreCluster) {
        cluster.start(node)
        for other in cluster.members where other.isUp && other.id != node {
            cluster.setReachable(node, true, at: other.id)
        }
    }

    /// Wipes a server, and lets the owner name its new directory.
    private func readmit(
        _ node: UInt64, _ generation: UInt32, by owner: UInt64, committing: Bool = false,
        _ cluster: CoreCluster
    ) {
        renew(node, generation, cluster)
        if committing {
            cluster.barrier(owner)
            cluster.push(owner)
            cluster.settle()
        }
        #expect(cluster.admit(owner, node, generation: generation) == MP_OK)
        cluster.push(owner)
        cluster.settle()
        #expect(cluster.wake(owner, among: Set(cluster.voters)) { !cluster[node].view().unnamed })
    }

    /// What a directory promised before it was gone.
    private func promise(
        of node: UInt64, tip: mp_point, to proposer: UInt64, _ cluster: CoreCluster
    ) {
        let ballot = cluster[proposer].view().promised
        let promise = message(
            MP_MESSAGE_PROMISE, ballot, point: tip, value: cluster.founders)
        cluster.receiveHonest(Packet(from: node, to: proposer, message: promise))
    }

    private static func naming(
        _ admissions: UInt32, _ ballot: mp_ballot, voters: UInt64 = 0b111, after log: [Frame]
    ) -> Frame {
        var draft = Draft(room: MP_ENTRY_HEADER_SIZE + 16)
        #expect(mp_batch_configure(&draft.builder, voters, admissions) == MP_OK)
        var batch = mp_batch()
        let last = log.last?.batch
        mp_batch_seal(&draft.builder, 1, (last?.last ?? 0) + 1, ballot, last?.checksum ?? 0, &batch)
        return draft.finish()
    }
}
