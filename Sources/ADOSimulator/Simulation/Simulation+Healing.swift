internal import CMultiPaxos

/// The two phases of a run: safety in trouble, then progress without it.
extension Simulation {
    /// Runs through the trouble, heals everything or a quorum, and requires progress.
    func runThroughTrouble() {
        start()
        after(timeout / 8, .work)
        after(timeout / 4, .repair)
        after(timeout / 4, .name)
        guest?.begin()
        run(for: plan.trouble)
        heal()
        requireProgress(within: 16 * timeout)
        guest?.end()
        if cluster.violations.isEmpty { cluster.finishJudging() }
    }

    func heal() {
        isCalm = true
        renewing = []
        cuts = [:]
        stalls = [:]
        full = []
        failing = []
        tearing = [:]
        torn = []
        let left = leaveDown()
        retired = left
        release(network.heal())
        for place in pauses.keys.sorted() { resume(place) }
        for (place, member) in cluster.members.enumerated() where !left.contains(member.id) {
            member.clock.setRate(1000, at: now)
            revive(place)
        }
        for voter in cluster.voters where cluster[voter].isUp {
            cluster.setDisk(voter, stall: 0)
            for other in cluster.members where other.id != voter && other.isUp {
                cluster.setReachable(voter, !cluster[voter].isExiled, at: other.id)
            }
        }
        react()
    }

    /// Who is not healed: members that lost a group, as an operator takes them out, because one
    /// that is elected would not serve it; and others beyond a quorum, if the plan says so.
    private func leaveDown() -> Set<UInt64> {
        let sound = cluster.voters.filter { node in
            plan.groups.allSatisfy { cluster[node].hasVote($0) }
        }
        let isNamed = cluster.voters.allSatisfy { node in
            plan.groups.allSatisfy { names(node, $0) }
        }
        let lost = cluster.voters.filter { !sound.contains($0) }
        let left = Set((plan.healsQuorumOnly && isNamed ? spare(of: sound) : []) + lost)
        for node in left.sorted() where cluster[node].isUp { crash(node) }
        return left
    }

    /// Who is not needed for a quorum.
    ///
    /// A voter with a damaged frame has no vote until the frame is repaired. It is one of a quorum
    /// only if another one of that quorum has the frame; otherwise it comes on top of a quorum.
    private func spare(of sound: [UInt64]) -> [UInt64] {
        let quorum = cluster.voters.count / 2 + 1
        let spare = sound.prefix(max(0, sound.count - quorum))
        if canMend(sound.dropFirst(spare.count)) { return Array(spare) }
        let whole = sound.filter { node in
            plan.groups.allSatisfy { cluster[node].disk[$0].damaged.isEmpty }
        }
        return Array(whole.prefix(max(0, whole.count - quorum)))
    }

    /// Whether these have among them every frame that is damaged at one of them.
    private func canMend(_ nodes: ArraySlice<UInt64>) -> Bool {
        nodes.allSatisfy { node in
            plan.groups.allSatisfy { group in
                cluster[node].disk.damaged(group).allSatisfy { frame in
                    nodes.contains { cluster[$0].disk.reads(frame, group) }
                }
            }
        }
    }

    /// After healing, every group commits something new, and then all voters agree on all of it.
    func requireProgress(within bound: UInt64) {
        guard cluster.violations.isEmpty else { return }
        let before = plan.groups.map { cluster.ledger.committed($0) }
        let hasProgress = { [self] in
            zip(plan.groups, before).allSatisfy { cluster.ledger.committed($0) > $1 }
        }
        guard runWithCalls(for: bound, until: hasProgress) else {
            guard cluster.violations.isEmpty else { return }
            let text = "no progress within \(bound / timeout) T after healing: \(summary)"
            return cluster.fail(.progress, text)
        }
        let isEven = { [self] in
            plan.groups.allSatisfy {
                cluster.appliedEverywhere($0) == cluster.ledger.committed($0)
                    && cluster.isWholeEverywhere($0)
            }
        }
        if !runWithCalls(for: 8 * timeout, until: isEven), cluster.violations.isEmpty {
            cluster.fail(.progress, "voters still differ, 8 T after progress: \(summary)")
        }
    }

    /// Runs with calls that wait at the serving node, one for each group every so often.
    @discardableResult
    func runWithCalls(
        for duration: UInt64, every pause: UInt64? = nil, until isDone: () -> Bool = { false }
    ) -> Bool {
        nudges += 1
        after(0, .nudge(every: pause ?? timeout, number: nudges))
        defer { nudges += 1 }
        return run(for: duration, until: isDone)
    }

    func nudge(every pause: UInt64, _ number: Int) {
        guard number == nudges else { return }
        after(pause, .nudge(every: pause, number: number))
        for member in cluster.members where member.isUp && member.serving == member.id {
            for group in plan.groups { nudge(member.id, group) }
        }
    }

    /// A driver with a waiting call pulls if nobody does, and pushes what it invoked.
    func nudge(_ node: UInt64, _ group: UInt64) {
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
                    + "tip \(view.tip)\(view.lost ? " lost" : "")"
                    + "\(view.unnamed ? " unnamed" : "")"
            }
            let serving = nodeName(member.serving)
            let state = !member.isUp ? " down" : member.isExiled ? " exiled" : ""
            return "\n  node \(nodeName(member.id))\(state) serving \(serving) \(views)"
        }.joined()
    }
}
