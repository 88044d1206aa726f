internal import CMultiPaxos

/// What goes wrong in a run, what proposers do meanwhile, and what must come right afterwards.
extension Simulation {
    /// Runs through the trouble, heals everything, and requires progress.
    func runThroughTrouble() {
        start()
        after(T / 8, .work)
        after(T / 4, .fault)
        run(for: plan.trouble)
        heal()
        requireProgress(within: 16 * T)
    }

    func injectFault() {
        guard !isCalm else { return }
        after(random.within(T / 8...T), .fault)
        if random.chance(plan.crashes) { crashSome() }
        if random.chance(plan.partitions) { cutSome() }
        if random.chance(100) { stallDisk() }
        if random.chance(plan.fullness) { fillOrEmptyDisk() }
    }

    private func crashSome() {
        let node = cluster.members[random.below(cluster.members.count)].id
        guard cluster[node].isUp else { return }
        crash(node)
        if node & clientBit == 0 {
            after(random.within(1_000...2 * T), .restart(node))
        } else {
            // A client that starts again is another proposer: its id is drawn anew.
            let reborn = clientBit | random.within(1_000...1 << 40)
            cluster.replaceClient(node, by: reborn)
            after(random.within(1_000...T), .restart(reborn))
        }
    }

    private func stallDisk() {
        let node = cluster.voters[random.below(cluster.voters.count)]
        stalls[node] = stalls[node] == nil ? random.within(1_000...T) : nil
    }

    private func fillOrEmptyDisk() {
        let node = cluster.voters[random.below(cluster.voters.count)]
        guard cluster[node].isUp else { return }
        cluster.setDisk(node, stall: 0, full: random.chance(500))
    }

    private func cutSome() {
        var links: [Link] = []
        let sides = cluster.members.map { _ in random.chance(500) }
        let isOneWay = random.chance(300)
        for (a, from) in cluster.members.enumerated() {
            for (b, to) in cluster.members.enumerated() where sides[a] != sides[b] {
                if isOneWay && sides[a] { continue }
                links.append(Link(from: from.id, to: to.id))
            }
        }
        after(cut(links), random.within(T / 4...4 * T))
    }

    private func after(_ cut: Int, _ delay: UInt64) { after(delay, .heal(cut)) }

    /// Loses everything on these links, until the cut with this number is healed.
    @discardableResult
    func cut(_ links: [Link]) -> Int {
        cutCount += 1
        cuts[cutCount] = links
        return cutCount
    }

    /// What the callers of the cluster do: pull against each other, invoke, push, read, release.
    func work() {
        guard !isCalm else { return }
        after(random.within(1_000...T / 6), .work)
        let member = cluster.members[random.below(cluster.members.count)]
        let group = plan.groups[random.below(plan.groups.count)]
        guard member.isUp else { return }
        if member.view(group).role == MP_OWNING {
            workAsOwner(member.id, group)
        } else if random.chance(300) {
            readTips(member.id, group)
        } else if random.chance(250) {
            cluster.pull(member.id, group: group, within: random.within(T / 4...2 * T))
        }
        for owner in cluster.members where owner.isUp && owner.view(group).role == MP_OWNING {
            if random.chance(600) { workAsOwner(owner.id, group) }
        }
    }

    /// Gives one server a vote, or takes it away.
    private func changeVoters(_ node: UInt64, _ group: UInt64) {
        let one = cluster.voters[random.below(cluster.voters.count)]
        let now = cluster.voters.filter {
            mp_voters_of($0) & cluster[node].view(group).voters != 0
        }
        let next = Set(now).symmetricDifference([one])
        if cluster.reconfigure(node, next, group: group) == MP_OK {
            changes += 1
            if random.chance(700) { cluster.push(node, group: group) }
        }
    }

    private func workAsOwner(_ node: UInt64, _ group: UInt64) {
        if random.chance(plan.changes) { return changeVoters(node, group) }
        switch random.below(20) {
        case 0:
            cluster.release(node, group: group)
            reads.forget(node, group)
        case 1...5: read(node, group)
        case 6: cluster.push(node, group: group)
        default: for _ in 0...random.below(3) { invoke(node, group) }
        }
    }

    func heal() {
        isCalm = true
        cuts = [:]
        stalls = [:]
        for member in cluster.members where !member.isUp { restart(member.id) }
        for voter in cluster.voters { cluster.setDisk(voter, stall: 0) }
    }

    /// After healing, every group commits something new, and then all voters agree on all of it.
    func requireProgress(within bound: UInt64) {
        let before = plan.groups.map { cluster.ledger.committed($0) }
        let hasProgress = { [self] in
            zip(plan.groups, before).allSatisfy { cluster.ledger.committed($0) > $1 }
        }
        guard runWithCalls(for: bound, until: hasProgress) else {
            return cluster.fail(
                .progress, "no progress within \(bound / T) T after healing: \(summary)")
        }
        let isEven = { [self] in
            plan.groups.allSatisfy {
                cluster.appliedEverywhere($0) == cluster.ledger.committed($0)
            }
        }
        if !runWithCalls(for: 8 * T, until: isEven) {
            cluster.fail(.progress, "voters still differ, 8 T after progress: \(summary)")
        }
    }

    /// Runs with calls that wait at the serving node, one for each group every so often.
    @discardableResult
    func runWithCalls(
        for duration: UInt64, every pause: UInt64 = T, until isDone: () -> Bool = { false }
    ) -> Bool {
        var asked: UInt64 = 0
        return run(for: duration) {
            if now >= asked + pause {
                asked = now
                for member in cluster.members where member.isUp && member.serving == member.id {
                    for group in plan.groups { nudge(member.id, group) }
                }
            }
            return isDone()
        }
    }

    /// A driver with a waiting call pulls if nobody does, and pushes what it invoked.
    private func nudge(_ node: UInt64, _ group: UInt64) {
        switch cluster[node].view(group).role {
        case MP_OWNING: invoke(node, group)
        case MP_FOLLOWING: after(0, .pull(node, group: group))
        default: break
        }
    }

    /// Who is what, for a failure.
    var summary: String {
        cluster.members.map { member in
            let views = plan.groups.map { group in
                let view = member.view(group)
                return "role \(view.role.rawValue) promised \(view.promised) commit \(view.commit) "
                    + "tip \(view.tip)"
            }
            let serving = nodeName(member.serving)
            return "\n  node \(nodeName(member.id)) serving \(serving) \(views)"
        }.joined()
    }
}
