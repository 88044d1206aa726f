internal import CMultiPaxos

/// Snapshots as a driver makes them, trims behind them, and gets them from others.
extension Simulation {
    /// Most voters but one trim their logs; some of them forget what they have in memory.
    func trimOthers(than place: Int) {
        for other in cluster.members.indices where other != place && random.chance(800) {
            trim(cluster.members[other])
            guard cluster.members[other].votes, random.chance(400) else { continue }
            crash(at: other)
            revive(other)
        }
    }

    /// Snapshots what a voter has applied of each group, and trims its log: to the snapshot before,
    /// as servers do, or as far as the core allows.
    private func trim(_ member: Member) {
        guard member.isUp, member.votes, !member.isExiled else { return }
        for group in plan.groups where !member.lost.contains(group) {
            let view = member.view(group)
            guard view.commit.index > 0, let state = state(of: member, group) else { continue }
            let before = member.disk.snapshots[group]?.point
            let snapshot = StoredSnapshot(
                point: view.commit, voters: view.voters_committed,
                admissions: view.admissions_committed, ballot: view.promised, state: state)
            if view.commit.index > before?.index ?? 0 { member.disk.snapshots[group] = snapshot }
            trim(member, group, before)
        }
        react()
    }

    private func trim(_ member: Member, _ group: UInt64, _ before: mp_point?) {
        let newest = member.disk.snapshots[group]?.point
        guard let point = random.chance(500) ? newest : before else { return }
        if plan.plant == .trimmedBeyondSnapshot { member.disk.snapshots[group] = nil }
        cluster.trim(member.id, at: point, group: group)
    }

    /// What the member hosts, encoded; nil if it cannot be told.
    private func state(of member: Member, _ group: UInt64) -> [UInt8]? {
        guard let guest else { return [] }
        return guest.state(of: member, group)
    }

    /// Installs the newest snapshot that a voter has which can be reached, late as it may be.
    func getSnapshot(_ node: UInt64, _ group: UInt64) {
        guard let to = cluster.place(of: node) else { return }
        let member = cluster.members[to]
        guard member.isUp, !member.isExiled, !member.lost.contains(group) else { return }
        let found = cluster.voters.compactMap { voter -> StoredSnapshot? in
            let other = cluster[voter]
            guard other.isUp, !other.isExiled, let from = cluster.place(of: voter), from != to,
                !network.isCut(from, to), !network.isCut(to, from),
                let snapshot = other.disk.snapshots[group]
            else { return nil }
            // The promise of now: by then more may be known to be committed.
            return StoredSnapshot(
                point: snapshot.point, voters: snapshot.voters, admissions: snapshot.admissions,
                ballot: max(snapshot.ballot, other.view(group).promised), state: snapshot.state)
        }
        let newest = found.max { $0.point.index < $1.point.index }
        guard let newest else { return }
        let known = member.disk.snapshots[group]?.point.index ?? 0
        let isNews = member.votes && newest.point.index > known
        if isNews && plan.plant != .installedUnstored {
            member.disk.snapshots[group] = newest
        }
        install(newest, node, group)
        // What is damaged and trimmed everywhere else: the snapshot stands for it.
        if member.isUp, member.view(group).damaged, let own = member.disk.snapshots[group] {
            cluster.trim(node, at: own.point, group: group)
        }
        react()
    }

    /// A snapshot that reaches beyond the log: the process ended before the log was told.
    func installStored(_ node: UInt64) {
        let member = cluster[node]
        for group in plan.groups where member.hasVote(group) {
            guard let stored = member.disk.snapshots[group] else { continue }
            if stored.point.index > member.view(group).commit.index { install(stored, node, group) }
        }
    }

    private func install(_ snapshot: StoredSnapshot, _ node: UInt64, _ group: UInt64) {
        let status = cluster.install(
            node, at: snapshot.point, voters: snapshot.voters, admissions: snapshot.admissions,
            ballot: snapshot.ballot, group: group)
        if status != MP_OK && status != MP_STALE {
            cluster.fail(.refusal, "the install of \(snapshot.point) returns \(status)")
        }
        if status == MP_OK { guest?.installed(snapshot, node, group) }
    }
}
