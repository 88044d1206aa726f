import CMultiPaxos

@testable import ADOSimulator

/// How scenes of papers are set up and played.
extension CoreCluster {
    /// A log to start from: one batch for each text, with its ballot.
    static func chain(_ entries: (String, mp_ballot)..., group: UInt64 = 1) -> [Frame] {
        var frames: [Frame] = []
        for (text, ballot) in entries {
            frames.append(
                .sealed(
                    [Array(text.utf8)], group: group, first: UInt64(frames.count) + 1,
                    ballot: ballot, previous: frames.last?.batch.checksum ?? 0))
        }
        return frames
    }

    /// Puts a log on the disk of a node that has not started.
    func preload(
        _ node: UInt64, _ frames: [Frame], promised: mp_ballot, committed: Int = 0,
        group: UInt64 = 1
    ) {
        var content = StoredGroup()
        for (place, frame) in frames.enumerated() {
            if !content.frames.append(frame) { fail(.caller, "a log to start from has a gap") }
            assume(frame, isCommitted: place < committed)
        }
        content.hard.promised = promised
        content.hard.tip = frames.last?.point ?? .root
        content.hard.commit = committed > 0 ? frames[committed - 1].point : .root
        content.hard.voters =
            frames.prefix(committed).last { $0.batch.voters != 0 }?.batch.voters ?? 0
        self[node].disk.prepare(group, content)
        for frame in frames.prefix(committed) where ledger.committed(group) < frame.batch.first {
            if ledger.record(frame, group: group) != .new {
                fail(.caller, "a start that disagrees")
            }
        }
    }

    /// Takes note that a test names entries which nobody invoked.
    func assumeUnknownLogs() { noteGap("the test makes up what another node committed") }

    /// Takes note that a frame is committed somewhere.
    func assumeCommitted(_ frame: Frame) {
        assume(frame, isCommitted: true)
        if ledger.record(frame, group: frame.batch.group) != .new {
            fail(.caller, "a start that disagrees")
        }
    }

    /// Wakes a node at its deadlines, with everything it sends lost, until it reports an outcome.
    func outcomeAlone(_ node: UInt64) -> mp_outcome? {
        for _ in 0..<200 {
            if let outcome = lastPullOutcome(node) { return outcome }
            timeOut(node)
            flush(node)
            take { $0.from == node }
        }
        return nil
    }

    func lastPullOutcome(_ node: UInt64) -> mp_outcome? {
        let kinds = [MP_PULLED, MP_PULL_PREEMPTED, MP_PULL_NO_QUORUM]
        return self[node].outcomes.last { kinds.contains($0.kind) }
    }

    /// A cluster that is up, with `owner` owning the group and `entries` committed everywhere.
    static func owned(
        by owner: UInt64, voters: UInt64 = 3, clients: UInt64 = 0, _ entries: String...
    ) -> CoreCluster {
        let cluster = CoreCluster(voters: voters, clients: clients)
        cluster.start()
        cluster.settle()
        _ = cluster.pullAndSettle(owner)
        for entry in entries {
            cluster.invoke(owner, entry)
            cluster.push(owner)
            cluster.settle()
        }
        cluster.spread(from: owner)
        return cluster
    }

    /// Lets an owner tell everybody what is committed.
    func spread(from owner: UInt64) {
        push(owner)
        settle()
        for _ in 0..<40 where voters.contains(where: { self[$0].applied != self[owner].applied }) {
            timeOut(owner)
            settle()
        }
    }

    /// What the node reported of this kind, and forgets all it reported.
    func takeOutcome(_ kind: mp_outcome_kind, of node: UInt64) -> mp_outcome? {
        self[node].takeOutcomes().last { $0.kind == kind }
    }
}

/// A message of the core, for tests that forge one.
func message(
    _ kind: mp_message_kind, _ ballot: mp_ballot = .none, group: UInt64 = 1,
    point: mp_point = .root, commit: UInt64 = 0, sequence: UInt64 = 0, flags: UInt16 = 0,
    value: UInt64 = 0
) -> mp_message {
    var message = mp_message()
    message.kind = UInt8(kind.rawValue)
    message.group = group
    message.ballot = ballot
    message.point = point
    message.commit = commit
    message.sequence = sequence
    message.flags = flags
    message.value = value
    return message
}

extension CoreCluster {
    /// Wakes a node at its deadlines until something has come of it.
    func wake(_ node: UInt64, among nodes: Set<UInt64>, until isDone: () -> Bool) -> Bool {
        for _ in 0..<40 {
            if isDone() { return true }
            timeOut(node)
            settle(among: nodes)
        }
        return isDone()
    }
}
