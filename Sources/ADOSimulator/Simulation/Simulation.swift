internal import CMultiPaxos

/// A cluster that runs by itself in virtual time; a seed says everything about a run.
///
/// It plays the driver: the elected node pulls every group, an owner settles what it inherited with
/// a barrier, and everything that was asked for is retried as a driver would.
final class Simulation {
    let plan: Plan
    let cluster: Cluster
    /// The faults of the run, by number from 1.
    private(set) var injections: [Injection]
    var random: Random
    /// For what changes nothing in a core that is right, so that it does not move other draws.
    var wishes: Random
    /// When a scrub comes by: a stream of its own for the same reason.
    var scrubs: Random
    /// For calls that are none: likewise.
    var malformed: Random
    var network: Network
    private var heap = EventHeap()
    private var reported: [(node: UInt64, outcome: mp_outcome)] = []
    private(set) var lives: [UInt64: Int] = [:]
    private var flushing: Set<UInt64> = []
    private var sameTime = (now: UInt64(0), count: 0)
    /// Links that lose everything, by the number of the cut that made them so.
    var cuts: [Int: [Link]] = [:]
    var cutCount = 0
    var isCalm: Bool
    /// Extra time of each disk.
    var stalls: [UInt64: UInt64] = [:]
    /// Disks without room.
    var full: Set<UInt64> = []
    /// Disks whose next flush fails.
    var failing: Set<UInt64> = []
    /// Disks whose next write is torn, and whether its checksum tells.
    var tearing: [UInt64: Bool] = [:]
    /// How many frames were torn.
    var tornFrames = 0
    /// Faults that have begun and not ended, by their place among the injections.
    var underWay: Set<Int> = []
    /// Nodes that stopped in a write that was torn.
    var torn: Set<UInt64> = []
    /// Members that stand still, by how many faults, and what waits for them.
    var pauses: [Int: Int] = [:]
    private var waiting: [Int: [Happening]] = [:]
    /// What disks held when a roll back to it began.
    var snapshots: [Int: Disk] = [:]
    /// What disks that lie go back to in a crash.
    private var beforeFlush: [UInt64: Disk] = [:]
    var reads = ReadCheck("owner")
    var tipReads = ReadCheck("tips")
    var calls: CallLayer?
    var apps: AppLayer?
    var guest: (any Guest)? { apps ?? calls }
    /// When which node said to be elected itself; for tests of the election.
    private(set) var servings: [(time: UInt64, node: UInt64)] = []
    /// Members that pull and change the voters, by how many faults.
    var rivals: [Int: Int] = [:]
    /// Members that pull until they own, by how many faults.
    var pulling: [Int: Int] = [:]
    /// Nodes that are taken out, and not started any more.
    var retired: Set<UInt64> = []
    /// Sees each outcome before the driver reacts to it.
    var watch: ((UInt64, mp_outcome) -> Void)?
    /// Tells a series of calls from the one before, which ended.
    var nudges = 0
    /// How often the voters were changed.
    var changes = 0
    /// Nodes whose disk is about to be wiped, to be admitted anew.
    var renewing: Set<UInt64> = []
    /// What was approved, as logs begin with it.
    var approved: UInt32 = 0
    /// How often an owner named a new disk.
    var namings = 0
    /// How many faults of each class began.
    var begun: [FaultClass: Int] = [:]

    struct Link: Hashable {
        let from: UInt64
        let to: UInt64
    }

    /// Makes a run of `plan`, in a cluster of the caller's if it wants to hear of violations.
    init(_ plan: Plan, cluster: Cluster? = nil, injections: [Injection] = []) {
        self.plan = plan
        self.injections = injections
        random = Random(seed: plan.seed)
        wishes = Random(seed: plan.seed ^ 0x5715)
        scrubs = Random(seed: plan.seed ^ 0x5C2B)
        malformed = Random(seed: plan.seed ^ 0xBADC)
        isCalm = !plan.isFaulty
        self.cluster = cluster ?? Cluster(plan.configuration)
        network = Network(count: self.cluster.members.count)
        connect()
    }

    private func connect() {
        cluster.onSend = { [unowned self] packet in route(packet) }
        cluster.onWrite = { [unowned self] member in scheduleFlush(member.id) }
        cluster.onOutcome = { [unowned self] member, outcome in
            reported.append((member.id, outcome))
        }
        if plan.callers > 0 { calls = CallLayer(self) }
    }

    var now: UInt64 { cluster.now }

    var timeout: UInt64 { plan.timeout }

    func after(_ delay: UInt64, _ happening: Happening) {
        heap.add(happening, at: now + delay)
    }

    // MARK: Disks

    private func scheduleFlush(_ node: UInt64) {
        guard flushing.insert(node).inserted else { return }
        let delay = isCalm ? 300 : random.within(100...3_000)
        after(delay + (stalls[node] ?? 0), .flush(node, life: lives[node] ?? 0))
    }

    /// Also if a flush is under way, which will find nothing left to do.
    func flushSoon(_ node: UInt64) {
        guard flushing.contains(node) else { return }
        after(300, .flush(node, life: lives[node] ?? 0))
    }

    private func flush(_ node: UInt64, life: Int) {
        guard life == lives[node] ?? 0 else { return }
        flushing.remove(node)
        // After an error nobody knows what a disk holds: the node stops.
        if failing.remove(node) != nil { return stop(node) }
        if let isNoticed = tearing.removeValue(forKey: node) {
            return tear(node, isNoticed: isNoticed)
        }
        if plan.plant == .flushLies { beforeFlush[node] = cluster[node].disk }
        cluster.flush(node, count: cluster[node].disk.queue.count)
        if !cluster[node].disk.queue.isEmpty { scheduleFlush(node) }
    }

    // MARK: Lives

    func start() {
        cluster.start()
        for (place, injection) in injections.enumerated() {
            after(injection.at, .begin(place))
        }
        react()
    }

    /// Begins a fault after a while.
    func inject(_ fault: Fault, after delay: UInt64, for lasts: UInt64) {
        injections.append(
            Injection(id: injections.count + 1, at: now + delay, lasts: lasts, fault: fault))
        after(delay, .begin(injections.count - 1))
    }

    /// Stops a node when `count` of its waiting writes are done; by default any number of them.
    func crash(_ node: UInt64, writing count: Int? = nil) {
        lives[node, default: 0] += 1
        flushing.remove(node)
        reads.forget(node)
        tipReads.forget(node)
        guest?.crash(node)
        if let disk = beforeFlush.removeValue(forKey: node) { cluster[node].disk = disk }
        let written = cluster[node].disk.queue.count
        cluster.crash(node, afterWriting: count ?? random.below(written + 1))
    }

    /// Stops a node, which starts again by itself: what watches over processes does that.
    private func stop(_ node: UInt64) {
        crash(node)
        after(random.within(1_000...2 * timeout), .restart(node))
    }

    func restart(_ node: UInt64) {
        if !cluster[node].isUp && !retired.contains(node) {
            begin(node)
            installStored(node)
        }
        react()
    }

    /// Starts a node from its disk, as it is.
    func begin(_ node: UInt64, lost: Set<UInt64> = []) {
        cluster.start(node, lost: lost)
        cluster.checkStart(of: cluster[node])
        if stalls[node] != nil || full.contains(node) { tellDisk(node) }
        guest?.start(node)
    }

    // MARK: Time

    private var nextDeadline: (time: UInt64, node: UInt64) {
        var next = (time: UInt64.max, node: UInt64(0))
        for (place, member) in cluster.members.enumerated()
        where member.isUp && (pauses.isEmpty || pauses[place] == nil) {
            let time = member.clock.world(at: member.deadline)
            if time < next.time { next = (time, member.id) }
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
            let waking = apps?.nextWaking ?? .max
            let time = min(deadline.time, heap.nextTime, waking)
            if time > end { break }
            cluster.now = max(now, time)
            if waking < min(deadline.time, heap.nextTime) {
                // Only time passes.
            } else if deadline.time <= heap.nextTime {
                wake(deadline.node)
            } else if let happening = heap.takeNext() {
                perform(happening)
            }
            react()
            apps?.run()
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
        if !pauses.isEmpty, let place = place(of: happening), pauses[place] != nil {
            waiting[place, default: []].append(happening)
            return
        }
        switch happening {
        case .arrive(let packet, let epoch): arrive(packet, epoch)
        case .arriveDamaged(let packet): arriveDamaged(packet)
        case .flush(let node, let life): flush(node, life: life)
        case .work: work()
        case .crowd: crowd()
        case .nudge(let pause, let number): nudge(every: pause, number)
        case .repair: repair()
        case .name: nameRenewed()
        case .begin(let number): begin(number)
        case .end(let number): end(number)
        case .restart(let node): restart(node)
        case .pull(let node, let group): pull(node, group)
        case .invoke(let node, let group): invoke(node, group)
        case .reconnect(let a, let b): tell(a, b, reachable: true)
        case .call(let step): calls?.perform(step)
        case .app(let step): apps?.perform(step)
        case .snapshot(let node, let group, let life):
            if life == lives[node] ?? 0 { getSnapshot(node, group) }
        }
    }

    /// Whom a happening concerns, if it must wait while that member stands still.
    private func place(of happening: Happening) -> Int? {
        switch happening {
        case .arrive(let packet, _), .arriveDamaged(let packet): cluster.place(of: packet.to)
        case .flush(let node, _), .pull(let node, _), .invoke(let node, _),
            .snapshot(let node, _, _):
            cluster.place(of: node)
        case .call(let step): step.server.flatMap(cluster.place(of:))
        case .app(let step): cluster.place(of: step.node)
        case .work, .crowd, .nudge, .repair, .name, .begin, .end, .restart, .reconnect: nil
        }
    }

    /// Lets a member go on; what waited for it happens now, in the order in which it came.
    func resume(_ place: Int) {
        pauses[place] = nil
        for happening in waiting.removeValue(forKey: place) ?? [] { after(0, happening) }
    }

    // MARK: Outcomes

    /// Reacts to outcomes outside of the step that reported them.
    func react() {
        while !reported.isEmpty {
            let batch = reported
            reported = []
            for (node, outcome) in batch where cluster[node].isUp { react(node, outcome) }
        }
    }

    func noteServing(_ node: UInt64) { servings.append((now, node)) }
}
