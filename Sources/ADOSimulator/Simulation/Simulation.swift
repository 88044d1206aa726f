internal import CMultiPaxos

/// A cluster that runs by itself in virtual time; a seed says everything about a run.
///
/// It plays the driver: the elected node pulls every group, an owner settles what it inherited with
/// a barrier, and everything that was asked for is retried as a driver would.
final class Simulation {
    let plan: Plan
    let cluster: Cluster
    var random: Random
    private var heap = EventHeap()
    private var reported: [(node: UInt64, outcome: mp_outcome)] = []
    private var lives: [UInt64: Int] = [:]
    private var flushing: Set<UInt64> = []
    /// Links that lose everything, by the number of the cut that made them so.
    var cuts: [Int: [Link]] = [:]
    var cutCount = 0
    var isCalm: Bool
    /// Extra time of each disk.
    var stalls: [UInt64: UInt64] = [:]
    var reads = ReadCheck("owner")
    var tipReads = ReadCheck("tips")
    /// When which node said to be elected itself; for tests of the election.
    private(set) var servings: [(time: UInt64, node: UInt64)] = []
    /// How often the voters were changed.
    var changes = 0
    private var sameTime = (now: UInt64(0), count: 0)

    struct Link: Hashable {
        let from: UInt64
        let to: UInt64
    }

    /// Makes a run of `plan`, in a cluster of the caller's if it wants to hear of violations.
    init(_ plan: Plan, cluster: Cluster? = nil) {
        self.plan = plan
        random = Random(seed: plan.seed)
        isCalm = !plan.isFaulty
        self.cluster = cluster ?? Cluster(plan.configuration)
        connect()
    }

    private func connect() {
        cluster.onSend = { [unowned self] packet in route(packet) }
        cluster.onWrite = { [unowned self] member in scheduleFlush(member.id) }
        cluster.onOutcome = { [unowned self] member, outcome in
            reported.append((member.id, outcome))
        }
    }

    var now: UInt64 { cluster.now }

    func after(_ delay: UInt64, _ happening: Happening) {
        heap.add(happening, at: now + delay)
    }

    // MARK: Network and disks

    private func route(_ packet: Packet) {
        if !isCalm && random.chance(plan.loss) { return }
        let copies = !isCalm && random.chance(plan.duplication) ? 2 : 1
        for _ in 0..<copies { after(delay(), .arrive(packet)) }
    }

    private func delay() -> UInt64 {
        if isCalm { return 500 }
        return random.chance(plan.tardiness) ? random.within(1_000...T) : random.within(100...5_000)
    }

    private func isCut(_ packet: Packet) -> Bool {
        let link = Link(from: packet.from, to: packet.to)
        return cuts.values.contains { $0.contains(link) }
    }

    private func scheduleFlush(_ node: UInt64) {
        guard flushing.insert(node).inserted else { return }
        let delay = isCalm ? 300 : random.within(100...3_000)
        after(delay + (stalls[node] ?? 0), .flush(node, life: lives[node] ?? 0))
    }

    private func flush(_ node: UInt64, life: Int) {
        guard life == lives[node] ?? 0 else { return }
        flushing.remove(node)
        let count = cluster[node].disk.queue.count
        cluster.flush(node, count: count)
        if !cluster[node].disk.queue.isEmpty { scheduleFlush(node) }
    }

    // MARK: Lives

    func start() {
        cluster.start()
        react()
    }

    func crash(_ node: UInt64) {
        lives[node, default: 0] += 1
        flushing.remove(node)
        reads.forget(node)
        tipReads.forget(node)
        let written = cluster[node].disk.queue.count
        cluster.crash(node, afterWriting: random.below(written + 1))
    }

    func restart(_ node: UInt64) {
        if !cluster[node].isUp { cluster.start(node) }
        react()
    }

    // MARK: Time

    private var nextDeadline: (time: UInt64, node: UInt64) {
        var next = (time: UInt64.max, node: UInt64(0))
        for member in cluster.members where member.isUp && member.deadline < next.time {
            next = (member.deadline, member.id)
        }
        return next
    }

    /// Runs for a while, or until `isDone`, and says whether it was.
    @discardableResult
    func run(for duration: UInt64, until isDone: () -> Bool = { false }) -> Bool {
        let end = now + duration
        while cluster.violations.isEmpty {
            if isDone() { return true }
            let deadline = nextDeadline
            let time = min(deadline.time, heap.nextTime)
            if time > end { break }
            cluster.now = max(now, time)
            if deadline.time <= heap.nextTime {
                wake(deadline.node)
            } else if let happening = heap.takeNext() {
                perform(happening)
            }
            react()
        }
        cluster.now = max(now, end)
        return isDone()
    }

    private func wake(_ node: UInt64) {
        sameTime = sameTime.now == now ? (now, sameTime.count + 1) : (now, 1)
        if sameTime.count > 1_000 { cluster.fail(.progress, "node \(node) is woken for ever") }
        cluster.timeOut(node)
    }

    private func perform(_ happening: Happening) {
        switch happening {
        case .arrive(let packet): if !isCut(packet) { cluster.receiveHonest(packet) }
        case .flush(let node, let life): flush(node, life: life)
        case .work: work()
        case .fault: injectFault()
        case .heal(let cut): cuts[cut] = nil
        case .restart(let node): restart(node)
        case .pull(let node, let group): pull(node, group)
        case .invoke(let node, let group): invoke(node, group)
        }
    }

    // MARK: What a driver does

    /// Reacts to outcomes outside of the step that reported them.
    private func react() {
        while !reported.isEmpty {
            let batch = reported
            reported = []
            for (node, outcome) in batch where cluster[node].isUp { react(node, outcome) }
        }
    }

    private func react(_ node: UInt64, _ outcome: mp_outcome) {
        cluster[node].outcomes = []
        switch outcome.kind {
        case MP_PULLED:
            cluster.barrier(node, group: outcome.group)
            cluster.push(node, group: outcome.group)
        case MP_PULL_PREEMPTED, MP_PULL_NO_QUORUM:
            if cluster[node].serving == node {
                after(random.within(T / 8...T / 2), .pull(node, group: outcome.group))
            }
        case MP_PREEMPTED: reads.forget(node, outcome.group)
        case MP_CONFIRMED:
            let applied = cluster[node].applied[outcome.group] ?? 0
            expectFresh(reads.answer(node, outcome.group, through: applied))
        case MP_TIPPED:
            expectFresh(tipReads.answer(node, outcome.group, through: outcome.point.index))
        case MP_SERVING where outcome.node == node:
            servings.append((now, node))
            for group in plan.groups { pull(node, group) }
        default: break
        }
    }

    private func expectFresh(_ violation: String?) {
        if let violation { cluster.fail(.reads, violation) }
    }

    private func pull(_ node: UInt64, _ group: UInt64) {
        guard cluster[node].isUp, cluster[node].view(group).role == MP_FOLLOWING else { return }
        cluster.pull(node, group: group)
    }

    func invoke(_ node: UInt64, _ group: UInt64) {
        guard cluster[node].isUp, cluster[node].view(group).role == MP_OWNING else { return }
        let entries = (0...random.below(3)).map { _ in random.bytes(random.below(40)) }
        if cluster.invoke(node, Draft(entries), group: group) == MP_OK || random.chance(500) {
            cluster.push(node, group: group)
        }
    }

    func read(_ node: UInt64, _ group: UInt64) {
        let floor = cluster.ledger.committed(group)
        if cluster.confirm(node, group: group) == MP_OK { reads.ask(node, group, floor: floor) }
        react()
    }

    func readTips(_ node: UInt64, _ group: UInt64) {
        let floor = cluster.ledger.committed(group)
        if cluster.askTips(node, group: group) == MP_OK { tipReads.ask(node, group, floor: floor) }
        react()
    }
}
