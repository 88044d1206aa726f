internal import CMultiPaxos

/// Plays a scenario: a calm cluster settles, then there is trouble, then there is none any more.
final class ScenarioRun {
    let scenario: Scenario
    let simulation: Simulation
    /// When a batch was committed first, in order.
    private(set) var commits: [UInt64] = []
    private var committed: UInt64 = 0
    /// When a majority agreed on another leader.
    private(set) var leaderChanges: [UInt64] = []
    private var lastLeader: UInt64 = 0
    private var stage: Stage
    /// The trouble: from when to when.
    private(set) var start: UInt64 = 0
    private(set) var end: UInt64 = 0
    /// Who had it worse than others, by place.
    private(set) var affected: [Int] = []
    private(set) var leaderBefore: UInt64 = 0
    private(set) var leaderAtEnd: UInt64 = 0
    /// Batches that were committed in each T before the trouble.
    private(set) var paceBefore = 0.0
    /// Somebody without a quorum pulled then, and was told so.
    private(set) var pulledAt: UInt64?
    private(set) var noQuorumAt: UInt64?
    /// What an owner with a full disk said.
    private(set) var saidFull = false
    private(set) var readWhileFull = false
    /// Callers that wait since the end of the trouble, and when the last of them had an answer.
    private var waiting: Set<Int> = []
    private(set) var answeredAt: UInt64?
    /// When all voters were equal again.
    private(set) var evenAt: UInt64?

    /// Calm time before the trouble, in which the pace is measured, and after it.
    private static let calmBefore: UInt64 = 16
    private static let calmAfter: UInt64 = 16

    static func plan(_ scenario: Scenario, seed: UInt64) -> Plan {
        var random = Random(seed: seed ^ 0x5CE0)
        var plan = Plan(calm: seed, voters: scenario.voters[random.below(scenario.voters.count)])
        plan.isFaulty = true
        plan.callers = scenario.callers
        plan.keepsOrder = !scenario.troubles.contains {
            if case .weather = $0.kind { true } else { false }
        }
        plan.window = [1, 2, 4][random.below(3)]
        return plan
    }

    init(_ scenario: Scenario, _ simulation: Simulation) {
        self.scenario = scenario
        self.simulation = simulation
        let plan = simulation.plan
        var random = Random(seed: plan.seed ^ 0x57A6E)
        let entry = random.below(20)
        stage = Stage(
            leader: 0, count: Int(plan.voters), timeout: plan.timeout, entry: entry, random: random)
    }

    private var timeout: UInt64 { simulation.timeout }
    private var cluster: Cluster { simulation.cluster }

    func play() {
        settle()
        guard cluster.violations.isEmpty else { return }
        start = simulation.now
        run(for: Self.calmBefore * timeout)
        end = simulation.now
        paceBefore = pace(from: start, to: end)
        noteLeader()
        guard cluster.violations.isEmpty else { return }
        makeTrouble()
        calmDown()
        simulation.calls?.end()
        if cluster.violations.isEmpty { cluster.finishJudging() }
        if cluster.violations.isEmpty, let text = shortcoming { cluster.fail(.scenario, text) }
    }

    private func settle() {
        // Clocks are not in step, or all would wake at the same moment.
        for place in cluster.members.indices {
            cluster.members[place].clock.jump(by: simulation.random.below(timeout), at: 0)
        }
        simulation.start()
        simulation.calls?.begin()
        simulation.after(timeout / 4, .repair)
        simulation.after(timeout / 4, .name)
        run(for: 8 * timeout) { self.simulation.leader != 0 && self.commits.count > 2 }
    }

    private func noteLeader() {
        leaderBefore = simulation.leader
        guard let place = cluster.place(of: leaderBefore), leaderBefore != 0 else {
            return cluster.fail(.scenario, "nobody leads a calm cluster: \(simulation.summary)")
        }
        stage = Stage(
            leader: place, count: stage.count, timeout: timeout, entry: stage.entry,
            random: stage.random)
    }

    private func makeTrouble() {
        start = simulation.now
        var last: UInt64 = 0
        var first = UInt64.max
        for trouble in scenario.troubles {
            let course = trouble.course(&stage)
            affected += course.affected
            for (at, lasts, fault) in course.faults {
                simulation.inject(fault, after: at, for: lasts)
                first = min(first, at)
                last = max(last, at + lasts)
            }
        }
        run(for: first)
        start = simulation.now
        // The last moment of the trouble: its end does not belong to it.
        end = start + last - first - 1
        run(until: start + 2 * timeout)
        askWithoutQuorum()
        run(until: start + 3 * timeout)
        askWhileFull()
        run(until: end)
        leaderAtEnd = simulation.leader
    }

    private func run(until time: UInt64) {
        let time = min(time, end)
        if time > simulation.now { run(for: time - simulation.now) }
    }

    private func calmDown() {
        let known = committed
        awaitAnswers()
        run(for: Self.calmAfter * timeout) {
            if self.evenAt == nil, self.simulation.now > self.end + 1, self.knowEverywhere(known) {
                self.evenAt = self.simulation.now
            }
            return false
        }
    }

    private func awaitAnswers() {
        guard let calls = simulation.calls else { return }
        waiting = Set(calls.callers.filter { $0.current != nil }.map(\.number))
        if waiting.isEmpty { answeredAt = end }
        calls.onRest = { [unowned self] caller in
            guard waiting.remove(caller) != nil, waiting.isEmpty else { return }
            answeredAt = simulation.now
        }
    }

    /// Whether all that have a vote have applied what was committed when the trouble ended.
    private func knowEverywhere(_ index: UInt64) -> Bool {
        let voting = cluster.voters.map { cluster[$0] }.filter {
            !$0.isExiled && !$0.lost.contains(1)
        }
        return !voting.isEmpty
            && voting.allSatisfy { $0.isUp && $0.applied[1] ?? 0 >= index }
    }

    // MARK: What is asked

    /// Somebody who cannot reach a quorum pulls, with much patience.
    private func askWithoutQuorum() {
        guard
            scenario.demands.contains(where: { if case .saysNoQuorum = $0 { true } else { false } })
        else { return }
        let isUp = { [cluster] (place: Int) in cluster.members[place].isUp }
        let places = affected + (0..<stage.count).filter { !affected.contains($0) }
        guard let place = places.first(where: isUp) else { return }
        let node = cluster.members[place].id
        cluster.release(node)
        simulation.watch = { [unowned self] who, outcome in
            guard who == node, outcome.kind == MP_PULL_NO_QUORUM, noQuorumAt == nil else { return }
            noQuorumAt = simulation.now
        }
        pulledAt = simulation.now
        cluster.pull(node, within: 100 * timeout)
    }

    /// The owner is asked for a write and for a read.
    private func askWhileFull() {
        guard scenario.demands.contains(where: { if case .saysFull = $0 { true } else { false } })
        else { return }
        let owners = cluster.members.filter { $0.isUp && $0.view(1).role == MP_OWNING }
        guard let owner = owners.first else { return }
        saidFull = cluster.invoke(owner.id, "too much") == MP_FULL
        let before = simulation.reads.count
        simulation.read(owner.id, 1)
        run(for: min(timeout, 2 * timeout)) { self.simulation.reads.count > before }
        readWhileFull = simulation.reads.count > before
    }

    // MARK: What is measured

    /// Commits in each T of a span.
    func pace(from: UInt64, to: UInt64) -> Double {
        let count = commits.count { $0 > from && $0 <= to }
        return to > from ? Double(count) / Double(to - from) * Double(timeout) : 0
    }

    /// Runs with calls that wait at whoever believes to be elected.
    private func run(for duration: UInt64, until isDone: () -> Bool = { false }) {
        simulation.runWithCalls(for: duration, every: timeout / 8) {
            note()
            return isDone()
        }
        note()
    }

    private func note() {
        let leader = simulation.leader
        if leader != 0, leader != lastLeader {
            lastLeader = leader
            leaderChanges.append(simulation.now)
        }
        let now = cluster.ledger.committed(1)
        guard now > committed else { return }
        committed = now
        commits.append(simulation.now)
    }
}
