internal import CMultiPaxos

/// What a scenario requires, against what a run did.
extension ScenarioRun {
    /// What the first demand that is not met lacks; nil if all are met.
    var shortcoming: String? {
        for demand in scenario.demands {
            if let text = shortcoming(demand) { return "\(scenario.name): \(text)" }
        }
        return nil
    }

    private func shortcoming(_ demand: Demand) -> String? {
        switch demand {
        case .serves(let bound):
            // What was under way when the trouble began does not count.
            expect(firstCommit(after: start + simulation.timeout / 8), "commits", bound, start)
        case .recovers(let bound): expect(firstCommit(after: end), "commits", bound, end)
        case .evens(let bound): expect(evenAt, "voters are equal", bound, end)
        case .neverSilentFor(let bound, let after): silence(bound, after)
        case .commitsNothing: lateCommit
        case .standsStill(let after):
            firstCommit(after: end + UInt64(after * Double(simulation.timeout))).map {
                "commits \(inT($0 - end)) T after the trouble is over"
            }
        case .keepsPace(let percent):
            slowdown(pace(from: start, to: end), percent)
        case .regainsPace(let percent, let after):
            slowdown(
                pace(from: end + UInt64(after * Double(simulation.timeout)), to: simulation.now),
                percent)
        case .keepsLeader, .changesLeader, .leaderChanges, .endsWithoutStir: election(demand)
        case .answersWaiting(let bound):
            expect(answeredAt, "all that wait have an answer", bound, end)
        case .saysNoQuorum, .saysFull, .noticesDamage, .repairs, .refusesDisk, .readmits,
            .answers, .tellsEvicted:
            answer(demand)
        }
    }

    // MARK: Time

    private func inT(_ time: UInt64) -> Double {
        Double(time * 100 / simulation.timeout) / 100
    }

    private func firstCommit(after time: UInt64) -> UInt64? { commits.first { $0 > time } }

    private func expect(
        _ time: UInt64?, _ what: String, _ bound: Double, _ from: UInt64
    ) -> String? {
        guard let time else { return "never \(what) after \(inT(from)) T" }
        let took = inT(time - from)
        return took <= bound ? nil : "\(what) after \(took) T, not \(bound)"
    }

    private func silence(_ bound: Double, _ after: Double) -> String? {
        let from = start + UInt64(after * Double(simulation.timeout))
        let times = [from] + commits.filter { $0 > from && $0 < end } + [max(from, end)]
        let longest = zip(times, times.dropFirst()).map { $1 - $0 }.max() ?? 0
        return inT(longest) <= bound ? nil : "nothing for \(inT(longest)) T, not \(bound)"
    }

    private func slowdown(_ pace: Double, _ percent: Int) -> String? {
        pace * 100 >= paceBefore * Double(percent)
            ? nil : "\(pace) commits in each T, \(paceBefore) before"
    }

    private var lateCommit: String? {
        let late = commits.last { $0 > start + simulation.timeout / 4 && $0 <= end }
        return late.map { "commits \(inT($0 - start)) T after the trouble began" }
    }

    // MARK: Who leads

    private func election(_ demand: Demand) -> String? {
        let during = leaderChanges.count { $0 > start && $0 <= end }
        let after = leaderChanges.count { $0 > end }
        switch demand {
        case .keepsLeader:
            if leaderAtEnd == leaderBefore && during == 0 { return nil }
            return "\(leaderAtEnd) leads after \(during) changes, \(leaderBefore) did"
        case .changesLeader:
            if leaderAtEnd != 0 && leaderAtEnd != leaderBefore { return nil }
            return "\(leaderAtEnd) leads in the end, \(leaderBefore) did"
        case .leaderChanges(let most):
            return during <= most ? nil : "the leader changes \(during) times, not \(most)"
        case .endsWithoutStir:
            return after == 0 ? nil : "the leader changes \(after) times once the trouble is over"
        default: return nil
        }
    }

    // MARK: What is said

    private func answer(_ demand: Demand) -> String? {
        let members = affected.map { simulation.cluster.members[$0] }
        switch demand {
        case .saysNoQuorum(let bound):
            guard let pulledAt else { return "nobody could ask for a quorum" }
            return expect(noQuorumAt, "says that there is no quorum", bound, pulledAt)
        case .saysFull:
            if !saidFull { return "the owner does not say that its disk is full" }
            return readWhileFull ? nil : "no read is answered while disks are full"
        case .noticesDamage:
            let blind = members.filter { !$0.isUp || !$0.view(1).lost }
            return blind.isEmpty ? nil : "\(blind.map(\.id)) did not notice damage"
        case .repairs:
            let broken = members.filter {
                !$0.isUp || $0.view(1).lost || !$0.disk[1].damaged.isEmpty
            }
            return broken.isEmpty ? nil : "\(broken.map(\.id)) are not repaired"
        case .refusesDisk:
            let trusted = members.filter { !$0.isExiled }
            return trusted.isEmpty ? nil : "\(trusted.map(\.id)) are trusted with another disk"
        case .readmits:
            let renewed = members.filter { $0.generation > 0 }
            if renewed.isEmpty { return "nobody was admitted anew" }
            let mute = renewed.filter { $0.view(1).unnamed }
            return mute.isEmpty ? nil : "\(mute.map(\.id)) have no vote"
        case .answers(let least):
            let count = simulation.calls?.answered ?? 0
            return count >= least ? nil : "callers got \(count) answers, not \(least)"
        case .tellsEvicted:
            let told = simulation.calls?.toldOfEviction ?? []
            let known = told.union(simulation.calls?.restarted ?? [])
            let isWhole = !told.isEmpty && known.count == scenario.callers
            return isWhole ? nil : "only \(told.sorted()) are told of an eviction"
        default: return nil
        }
    }
}
