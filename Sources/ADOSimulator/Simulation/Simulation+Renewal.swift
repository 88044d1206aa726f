internal import CMultiPaxos

/// Servers whose disk was wiped, and which an operator admitted anew.
///
/// The driver's part is simulated as one event: more than half of the other voters recorded the
/// approval and listed their logs, all of them at once. What owners do is theirs: they name it.
extension Simulation {
    /// Whether every voter that may be needed has all that it ever had.
    ///
    /// A second one may lose its disk only once the first is named everywhere: until then its copy
    /// is one less.
    private func maySpare(_ place: Int) -> Bool {
        let node = cluster.members[place].id
        let others = cluster.voters.filter { $0 != node }.map { cluster[$0] }
        let whole = others.filter { other in
            !renewing.contains(other.id)
                && plan.groups.allSatisfy { other.hasVote($0) && names(other.id, $0) }
        }
        return whole.count > cluster.voters.count / 2
    }

    /// Whether the disk that a server has says that it is named, or knows nothing to be named by.
    ///
    /// A log that was there before the disk was is on it from the beginning.
    func names(_ node: UInt64, _ group: UInt64) -> Bool {
        let member = cluster[node]
        guard member.generation > 0, member.disk.groups.contains(group) else { return true }
        let hard = member.disk[group].hard
        let servers = UInt32(cluster.voters.count)
        return [hard.admissions, hard.born].contains {
            mp_admissions_get($0, servers, UInt32(node - 1)) == member.generation
        }
    }

    func beginRenewal(_ place: Int) {
        let member = cluster.members[place]
        let most = mp_generation_max(UInt32(cluster.voters.count))
        let isPossible = member.isUp && member.generation < most && !member.isExiled
        guard isPossible, maySpare(place) else { return }
        crash(at: place)
        renewing.insert(member.id)
    }

    func endRenewal(_ place: Int) {
        let member = cluster.members[place]
        guard renewing.remove(member.id) != nil, !member.isUp else { return }
        member.renew(generation: member.generation + 1)
        let servers = UInt32(cluster.voters.count)
        let rank = UInt32(member.id - 1)
        let before = mp_admissions_set(approved, servers, rank, 0)
        approved = mp_admissions_set(approved, servers, rank, member.generation)
        member.admissions = before
        restart(member.id)
        for group in plan.groups where isKnown(group, beside: member.id) {
            _ = cluster.hear(member.id, group: group)
        }
        cluster.flush(member.id)
        for other in cluster.members where other.votes {
            if other.isUp { cluster.stand(other.id, admissions: approved) }
            other.admissions = approved
        }
        react()
    }

    /// Whether another voter has a log, in memory or on its disk.
    private func isKnown(_ group: UInt64, beside node: UInt64) -> Bool {
        cluster.members.contains { other in
            other.votes && other.id != node
                && (other.disk.groups.contains(group) || other.replica?.view(group) != nil)
        }
    }

    /// Lets the owners name what was admitted and is not named yet.
    func nameRenewed() {
        after(timeout / 4, .name)
        for (place, owner) in cluster.members.enumerated()
        where owner.votes && owner.isUp && pauses[place] == nil {
            for group in plan.groups { nameRenewed(by: owner, group) }
        }
        react()
    }

    /// Comes before whatever else the owner appends, as otherwise there might never be room.
    func nameRenewed(by owner: Member, _ group: UInt64) {
        let view = owner.view(group)
        guard approved != 0, view.role == MP_OWNING, view.ready else { return }
        for node in cluster.voters where node != owner.id && mp_voters_of(node) & view.voters != 0 {
            let generation = cluster[node].generation
            let servers = UInt32(cluster.voters.count)
            let named = mp_admissions_get(view.admissions, servers, UInt32(node - 1))
            guard named < generation, !renewing.contains(node) else { continue }
            let status = cluster.admit(owner.id, node, generation: generation, group: group)
            if status == MP_OK { namings += 1 }
            if status == MP_OK || status == MP_BUSY { cluster.push(owner.id, group: group) }
        }
    }
}
