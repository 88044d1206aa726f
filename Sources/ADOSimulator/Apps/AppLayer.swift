internal import ADO
internal import ADOSpec
internal import CMultiPaxos

/// An application in a simulated world: its processes on the clients, its objects on the servers.
///
/// The application is the code that ships, over the handles that ship; so are the objects. A client
/// is a node of the core without a vote, which pulls and pushes, and whose calls servers carry out.
/// Its tasks run on the thread of the simulation, in its virtual time, each process in a time of
/// its own, so that one can stand still.
final class AppLayer: Guest {
    /// What a process waits for.
    struct Wait {
        enum Kind {
            case pull(PullAnswer)
            /// Begun when so much was applied, done when `goal` is.
            case push(PushAnswer, start: UInt64, goal: UInt64)
            case call(CallAnswer, count: Int)
        }
        let process: AppProcess
        let group: UInt64
        let kind: Kind
    }

    typealias PullAnswer = @Sendable (PullEnd) -> Void
    typealias PushAnswer = @Sendable (PushReport) -> Void
    typealias CallAnswer = @Sendable ([Reply]) -> Void

    unowned let simulation: Simulation
    let application: any Application
    let hosting: Hosting
    private let groups: [ObjectName: UInt64]
    private var truth: AppTruth
    private var digests: [UInt64: Digests] = [:]
    private(set) var processes: [AppProcess] = []
    private var lives: UInt64 = 0
    private var ticks: UInt64 = 0
    private var numbers: UInt64 = 0
    /// What processes wait for, by number.
    private(set) var waits: [UInt64: Wait] = [:]
    /// Whose call a batch is that a server invoked, by node, group and checksum.
    var pending: [[UInt64]: AppRequest] = [:]
    private(set) var isTroubled = true
    private(set) var answered = 0
    var random: Random

    init(_ simulation: Simulation, _ application: any Application) {
        self.simulation = simulation
        self.application = application
        random = Random(seed: simulation.plan.seed ^ 0xDA99)
        let objects = application.objects
        groups = Dictionary(
            uniqueKeysWithValues: objects.enumerated().map { ($1.name, UInt64($0 + 1)) })
        hosting = Hosting(simulation) { objects[Int($0) - 1].make() }
        truth = AppTruth(application)
        simulation.cluster.onApply = { [unowned self] in applied($0, $1, $2) }
    }

    var cluster: Cluster { simulation.cluster }

    func tick() -> UInt64 {
        ticks += 1
        return ticks
    }

    // MARK: Lives

    func begin() {
        for member in cluster.members where !member.votes { launch(member.id) }
    }

    private func launch(_ node: UInt64) {
        guard isTroubled else { return }
        let application = application
        launch(node) { await application.live($0) }
    }

    /// Ends the trouble for the processes: they come to an end, each with what it is doing.
    func calm() { isTroubled = false }

    /// Whether no process has anything to do any more.
    var isIdle: Bool { processes.allSatisfy { $0.hasEnded } }

    /// Begins the last process, once the others have ended.
    func launchLast() {
        guard let client = cluster.members.first(where: { !$0.votes && $0.isUp }) else {
            return cluster.fail(.caller, "there is no client to finish the application")
        }
        let application = application
        launch(client.id) { await application.finish($0) }
    }

    private func launch(
        _ node: UInt64, _ work: @escaping @Sendable (AppProcess) async -> Void
    ) {
        guard let place = cluster.place(of: node) else { return }
        lives += 1
        let process = AppProcess(
            self, number: lives, node: node, place: place,
            seed: simulation.plan.seed &* 1_000_003 ^ lives)
        processes.append(process)
        process.begin(work)
    }

    func crash(_ node: UInt64) {
        guard let place = cluster.place(of: node) else { return }
        hosting.crash(place)
        for key in pending.keys where key[0] == node { pending[key] = nil }
        endProcesses(of: node)
    }

    private func endProcesses(of node: UInt64) {
        let dead = processes.filter { $0.node == node }
        processes.removeAll { $0.node == node }
        for (number, wait) in waitsInOrder where wait.process.node == node {
            waits[number] = nil
            answer(wait, closed: true)
        }
        for process in dead { process.die() }
    }

    func start(_ node: UInt64) {
        guard cluster.place(of: node) != nil else { return }
        if cluster[node].votes { hosting.start(node) } else { launch(node) }
    }

    // MARK: Time

    /// The next moment for which a process waits that does not stand still.
    var nextWaking: UInt64 {
        let moments = processes.filter { simulation.pauses[$0.place] == nil }
            .compactMap(\.time.nextWaking)
        guard let next = moments.min() else { return .max }
        // Rounded up from whatever fraction, or time would stand still just before it.
        let whole = next.microseconds
        return .microseconds(whole) < next ? whole + 1 : whole
    }

    /// Runs every process as far as it gets now.
    func run() {
        var hasRun = true
        while hasRun {
            hasRun = false
            for process in processes where simulation.pauses[process.place] == nil {
                process.time.advance(to: .microseconds(simulation.now))
                if process.time.run() { hasRun = true }
            }
            if hasRun { simulation.react() }
        }
    }

    // MARK: What processes ask for

    private func wait(_ wait: Wait, _ timeout: Duration) -> UInt64 {
        numbers += 1
        waits[numbers] = wait
        let step = AppStep.expire(numbers, at: wait.process.node)
        simulation.after(timeout.microseconds, .app(step))
        return numbers
    }

    func pull(
        _ process: AppProcess, _ object: ObjectName, _ timeout: Duration,
        _ done: @escaping PullAnswer
    ) {
        guard let group = groups[object] else { return done(.failed(.unreadable)) }
        guard cluster.pull(process.node, group: group) == MP_OK else {
            return done(.failed(.busy))
        }
        _ = wait(Wait(process: process, group: group, kind: .pull(done)), timeout)
    }

    /// What a process adopted with a pull.
    func adopted<Object: AtomicObject>(
        _ process: AppProcess, _ object: ObjectName, _ ballot: Ballot, as type: Object.Type
    ) -> Pulled<Object>? {
        guard let group = groups[object],
            let hosted = hosting.object(process.place, group) as? Hosted<Object>
        else { return nil }
        let member = cluster[process.node]
        var inherited: [EntryBlock] = []
        var next = (member.applied[group] ?? 0) + 1
        while next <= member.view(group).tip.index,
            let frame = member.frame(group, holding: next)
        {
            inherited.append(frame.block)
            next = frame.batch.last + 1
        }
        return Pulled(ballot: ballot, committed: hosted.replica, inherited: inherited)
    }

    func push(
        _ process: AppProcess, _ object: ObjectName, _ ballot: Ballot, _ entries: [UInt8],
        _ count: Int, _ timeout: Duration, _ done: @escaping PushAnswer
    ) {
        guard let group = groups[object], let entries = Draft.Entry.decoded(entries, count: count)
        else { return done(.tooLarge) }
        let node = process.node
        let view = cluster[node].view(group)
        guard view.role == MP_OWNING, Ballot(view.owner) == ballot else { return done(.stale) }
        if count > 0, cluster.invoke(node, Draft(entries), group: group) != MP_OK {
            return done(.busy)
        }
        cluster.push(node, group: group)
        let start = cluster[node].applied[group] ?? 0
        let goal = cluster[node].view(group).tip.index
        guard start < goal else { return done(.committed(through: goal)) }
        let kind = Wait.Kind.push(done, start: start, goal: goal)
        _ = wait(Wait(process: process, group: group, kind: kind), timeout)
    }

    func call(
        _ process: AppProcess, _ object: ObjectName, _ kind: CallKind, _ entries: [UInt8],
        _ count: Int, _ timeout: Duration, _ done: @escaping CallAnswer
    ) {
        guard let group = groups[object], let entries = Draft.Entry.decoded(entries, count: count)
        else { return done(Array(repeating: Reply(.rejected), count: count)) }
        let wait = Wait(process: process, group: group, kind: .call(done, count: count))
        let request = AppRequest(
            number: self.wait(wait, timeout), client: process.node, group: group, kind: kind,
            entries: entries)
        let server = cluster.voters[random.below(cluster.voters.count)]
        travel(.arrive(request, at: server), from: process.node)
    }

    // MARK: Answers

    private var waitsInOrder: [(UInt64, Wait)] {
        waits.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    func takeWait(_ number: UInt64) -> Wait? {
        let wait = waits.removeValue(forKey: number)
        if wait != nil { answered += 1 }
        return wait
    }

    /// Says that the backend is closed, or that nothing is known.
    private func answer(_ wait: Wait, closed: Bool) {
        switch wait.kind {
        case .pull(let done): done(.failed(closed ? .closed : .noQuorum))
        case .call(let done, let count):
            done(Array(repeating: Reply(closed ? .closed : .unknown), count: count))
        case .push(let done, let start, _):
            let applied = cluster[wait.process.node].applied[wait.group] ?? 0
            done(closed ? .closed : applied > start ? .partial(through: applied) : .unknown)
        }
    }

    func expire(_ number: UInt64) {
        if let wait = waits.removeValue(forKey: number) { answer(wait, closed: false) }
    }

    /// Takes an outcome of the core for what a process waits for; false if it concerns none.
    func take(_ outcome: mp_outcome, at node: UInt64) -> Bool {
        guard !cluster[node].votes else { return false }
        let ballot = Ballot(outcome.ballot)
        for (number, wait) in waitsInOrder
        where wait.process.node == node && wait.group == outcome.group {
            switch (outcome.kind, wait.kind) {
            case (MP_PULLED, .pull(let done)): done(.owned(ballot))
            case (MP_PULL_PREEMPTED, .pull(let done)): done(.failed(.preempted(by: ballot)))
            case (MP_PULL_NO_QUORUM, .pull(let done)): done(.failed(.noQuorum))
            case (MP_PREEMPTED, .push(let done, _, _)): done(.preempted(by: ballot))
            default: continue
            }
            _ = takeWait(number)
        }
        return [MP_PULLED, MP_PULL_PREEMPTED, MP_PULL_NO_QUORUM, MP_PREEMPTED]
            .contains(outcome.kind)
    }

    // MARK: What is committed

    private func applied(_ member: Member, _ group: UInt64, _ frame: Frame) {
        guard !member.isExiled, let place = cluster.place(of: member.id) else { return }
        let object = hosting.object(place, group)
        let records = object.apply(frame)
        if truth.apply(frame, group), let violation = application.judge(truth) {
            cluster.fail(violation)
        }
        if let violation = digests[group, default: Digests()].add(
            node: member.id, index: frame.batch.last, digest: object.digest)
        {
            cluster.fail(violation)
        }
        if member.votes { return answerCall(member.id, group, frame, records) }
        for (number, wait) in waitsInOrder
        where wait.process.node == member.id && wait.group == group {
            guard case .push(let done, _, let goal) = wait.kind, goal <= frame.batch.last else {
                continue
            }
            _ = takeWait(number)
            done(.committed(through: goal))
        }
    }

    func end() {
        if cluster.violations.isEmpty { cluster.take(application.judgeEnd(truth)) }
        // What nobody waited for, such as the release of a lock, is given up.
        for node in processes.map(\.node) { endProcesses(of: node) }
    }
}

extension Duration {
    /// Whole microseconds.
    fileprivate var microseconds: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(seconds) * 1_000_000 + UInt64(attoseconds / 1_000_000_000_000)
    }
}

extension Frame {
    /// The entries, in their wire form.
    fileprivate var block: EntryBlock {
        EntryBlock(
            first: batch.first, count: Int(batch.count),
            bytes: Array(copy.dropFirst(Int(MP_BATCH_HEADER_SIZE))))
    }
}
