internal import CMultiPaxos

/// What the driver of each member does.
extension Simulation {
    func react(_ node: UInt64, _ outcome: mp_outcome) {
        cluster[node].outcomes = []
        watch?(node, outcome)
        if apps?.take(outcome, at: node) == true { return }
        switch outcome.kind {
        case MP_PULLED:
            cluster.barrier(node, group: outcome.group)
            if isIn(rivals, node) { changeVoters(node, outcome.group) }
            cluster.push(node, group: outcome.group)
        case MP_PULL_PREEMPTED, MP_PULL_NO_QUORUM:
            if isIn(pulling, node) {
                after(random.within(1_000...10_000), .pull(node, group: outcome.group))
            } else if cluster[node].serving == node || isIn(rivals, node) {
                after(
                    random.within(timeout / 8...timeout / 2), .pull(node, group: outcome.group))
            }
        case MP_PREEMPTED:
            reads.forget(node, outcome.group)
            guest?.preempted(node, outcome.group)
        case MP_CONFIRMED:
            answerReads(node, outcome.group)
        case MP_TIPPED:
            expectFresh(tipReads.answer(node, outcome.group, through: outcome.point.index))
        case MP_BEHIND:
            let life = lives[node] ?? 0
            after(delay(), .snapshot(node, group: outcome.group, life: life))
        case MP_SERVING where outcome.node == node:
            noteServing(node)
            for group in plan.groups { pull(node, group) }
        default: break
        }
    }

    /// Whether the node has a part to play now, whoever is elected.
    private func isIn(_ cast: [Int: Int], _ node: UInt64) -> Bool {
        guard !isCalm, let place = cluster.place(of: node) else { return false }
        return cast[place, default: 0] > 0
    }

    private func answerReads(_ node: UInt64, _ group: UInt64) {
        let applied = cluster[node].applied[group] ?? 0
        expectFresh(reads.answer(node, group, through: applied))
        guest?.confirmed(node, group, reads.answered)
    }

    private func expectFresh(_ violation: String?) {
        if let violation { cluster.fail(.reads, violation) }
    }

    func pull(_ node: UInt64, _ group: UInt64) {
        guard cluster.place(of: node) != nil, cluster[node].isUp else { return }
        let view = cluster[node].view(group)
        guard view.role == MP_FOLLOWING, !view.lost, !view.unnamed else { return }
        cluster.pull(node, group: group)
    }

    func invoke(_ node: UInt64, _ group: UInt64) {
        guard cluster.place(of: node) != nil, cluster[node].isUp,
            cluster[node].view(group).role == MP_OWNING
        else { return }
        nameRenewed(by: cluster[node], group)
        let entries = (0...random.below(3)).map { _ in
            let bytes = random.bytes(random.below(40))
            return malformed.chance(400) ? MalformedCall.draw(group, &malformed) : bytes
        }
        if cluster.invoke(node, Draft(entries), group: group) == MP_OK || random.chance(500) {
            cluster.push(node, group: group)
        }
    }

    /// Asks a quorum whether the node still owns the group; false if it cannot now.
    @discardableResult
    func read(_ node: UInt64, _ group: UInt64, _ ticket: ReadTicket? = nil) -> Bool {
        let floor = cluster.ledger.committed(group)
        guard cluster.confirm(node, group: group) == MP_OK else {
            settleInherited(node, group)
            return false
        }
        reads.ask(node, group, floor: floor, ticket: ticket)
        if plan.plant == .readWithoutBarrier { answerReads(node, group) }
        react()
        return true
    }

    /// As servers do: who owns nothing of its ballot yet, because its disk was full when it pulled,
    /// cannot read before it does.
    private func settleInherited(_ node: UInt64, _ group: UInt64) {
        let view = cluster[node].view(group)
        guard view.role == MP_OWNING, !view.ready, view.in_flight == 0 else { return }
        if cluster.barrier(node, group: group) == MP_OK { cluster.push(node, group: group) }
    }

    func readTips(_ node: UInt64, _ group: UInt64) {
        let floor = cluster.ledger.committed(group)
        if cluster.askTips(node, group: group) == MP_OK { tipReads.ask(node, group, floor: floor) }
        react()
    }

    // MARK: Disks

    /// Looks for damage here and there, and repairs what is known from whoever can be reached.
    func repair() {
        after(timeout / 4, .repair)
        for (place, member) in cluster.members.enumerated()
        where member.votes && member.isUp && !member.isExiled && pauses[place] == nil {
            for group in plan.groups {
                let isFound = scrubs.chance(isCalm ? 1000 : 100)
                if isFound { cluster.noticeDamage(member.id, group: group) }
                cluster.repair(
                    member.id, group: group, takesAny: plan.plant == .repairTakesAny
                ) { canAsk($0, from: place) }
                if member.view(group).damaged { getSnapshot(member.id, group) }
            }
        }
        react()
    }

    /// Whether a question and its answer get through now.
    private func canAsk(_ node: UInt64, from place: Int) -> Bool {
        guard let other = cluster.place(of: node), pauses[other] == nil,
            !cluster.members[other].isExiled
        else { return false }
        return !network.isCut(place, other) && !network.isCut(other, place)
    }

    // MARK: What proposers are asked to do

    /// What the callers of the cluster do: pull against each other, invoke, push, read, release.
    func work() {
        guard !isCalm else { return }
        after(random.within(1_000...plan.workPause), .work)
        let place = random.below(cluster.members.count)
        let member = cluster.members[place]
        let group = plan.groups[random.below(plan.groups.count)]
        guard member.isUp, pauses[place] == nil else { return }
        let view = member.view(group)
        if view.role == MP_OWNING {
            workAsOwner(member.id, group)
        } else if random.chance(300) {
            readTips(member.id, group)
        } else if !view.lost, !view.unnamed, random.chance(plan.rivalry) {
            let patience = random.within(timeout / 4...2 * timeout)
            cluster.pull(member.id, group: group, within: patience)
        }
        for (place, owner) in cluster.members.enumerated()
        where owner.isUp && pauses[place] == nil && owner.view(group).role == MP_OWNING {
            if random.chance(600) { workAsOwner(owner.id, group) }
        }
    }

    /// Gives one server a vote, or takes it away.
    private func changeVoters(_ node: UInt64, _ group: UInt64) {
        let one = cluster.voters[random.below(cluster.voters.count)]
        let now = cluster.voters.filter {
            mp_voters_of($0) & cluster[node].view(group).voters != 0
        }
        changeManyVoters(node, group, now)
        let next = Set(now).symmetricDifference([one])
        if cluster.reconfigure(node, next, group: group) == MP_OK {
            changes += 1
            if random.chance(700) { cluster.push(node, group: group) }
        }
    }

    /// Now and then asks for what must be refused: several changes in one.
    private func changeManyVoters(_ node: UInt64, _ group: UInt64, _ now: [UInt64]) {
        guard wishes.chance(300) else { return }
        let others = cluster.voters.filter { _ in wishes.chance(500) }
        guard others.count > 1 else { return }
        let next = Set(now).symmetricDifference(others)
        if !next.isEmpty, cluster.reconfigure(node, next, group: group) == MP_OK {
            cluster.push(node, group: group)
        }
    }

    private func workAsOwner(_ node: UInt64, _ group: UInt64) {
        if random.chance(plan.changes) { return changeVoters(node, group) }
        switch random.below(20) {
        case 0 where plan.rivalry > 0:
            cluster.release(node, group: group)
            reads.forget(node, group)
        case 1...5: read(node, group)
        case 6: cluster.push(node, group: group)
        default: for _ in 0...random.below(3) { invoke(node, group) }
        }
    }
}
