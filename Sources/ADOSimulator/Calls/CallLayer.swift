internal import ADO
internal import ADOSpec
internal import CMultiPaxos

/// Callers with sessions, and servers that carry their calls out with the product's own replicas.
///
/// A caller sends its call to some server, which hands it to the one that serves; it tries again
/// with the same request until it has an answer, then settles, and in the end gives up. Checked are
/// the results of each entry against a model, the digests of all servers, that no request is
/// carried out twice, what callers were told, and at the end that their histories are linearizable.
final class CallLayer: Guest {
    unowned let simulation: Simulation
    var callers: [Caller] = []
    var histories: [UInt64: CallHistory] = [:]
    private var models: [UInt64: CallModel] = [:]
    private var digests: [UInt64: Digests] = [:]
    private var onces: [UInt64: ExactlyOnce] = [:]
    let hosting: Hosting
    /// Who waits for a batch that a node invoked.
    private var pending: [Placed: Waiting] = [:]
    private var attempts = 0
    /// Calls that a server has invoked; for a plant.
    var seen: Set<[UInt64]> = []
    /// What calls would come to if all that was invoked is committed; for a plant.
    var foretold: [Placed: CallModel.Record] = [:]
    /// States before the last batch, by place and group; for a plant.
    var olds: [[UInt64]: [UInt8]] = [:]
    private(set) var answered = 0
    /// Callers that were told that their session is gone.
    private(set) var toldOfEviction: Set<Int> = []
    /// Callers that had no session when all were evicted, or took another one by themselves since.
    var restarted: Set<Int> = []
    /// Called when a caller has an answer, or gives up.
    var onRest: ((Int) -> Void)?
    private var isOver = false
    var random: Random

    struct Placed: Hashable {
        let node: UInt64
        let group: UInt64
        let checksum: UInt64
    }

    private struct Waiting {
        let caller: Int
        let attempt: Int
    }

    /// Tries before a caller settles, and before it gives that up.
    static let triesMax = 6

    init(_ simulation: Simulation) {
        self.simulation = simulation
        random = Random(seed: simulation.plan.seed ^ 0xCA11)
        hosting = Hosting(simulation, make: HostedObject.make)
        for group in simulation.plan.groups {
            histories[group] = CallHistory(group: group)
            models[group] = CallModel(group: group)
            digests[group] = Digests()
            onces[group] = ExactlyOnce()
        }
        simulation.cluster.onApply = { [unowned self] in applied($0, $1, $2) }
    }

    private var cluster: Cluster { simulation.cluster }

    func begin() {
        for number in 0..<simulation.plan.callers {
            callers.append(
                Caller(
                    number: number, session: newSession(),
                    server: random.below(cluster.voters.count)))
            simulation.after(random.below(simulation.timeout), .call(.think(number)))
        }
    }

    func newSession() -> UInt64 { 1 + random.below(UInt64.max - 1) }

    func nextAttempt() -> Int {
        attempts += 1
        return attempts
    }

    func perform(_ step: CallStep) {
        if isOver { return }
        switch step {
        case .think(let caller): think(caller)
        case .arrive(let request, let node): arrive(request, node)
        case .reply(let reply, let caller): take(reply, caller)
        case .expire(let caller, let attempt): expire(caller, attempt)
        }
    }

    /// Judges what all callers saw.
    func end() {
        isOver = true
        guard cluster.violations.isEmpty else { return }
        for group in simulation.plan.groups {
            if let violation = onces[group]?.finish() { cluster.fail(violation) }
            if let history = histories[group] { cluster.take(history.verdict()) }
        }
    }

    // MARK: Messages

    /// Sends a step on its way, as the weather is.
    func travel(_ step: CallStep) {
        if !simulation.isCalm && random.chance(simulation.network.weather.loss) { return }
        simulation.after(simulation.delay(), .call(step))
        if !simulation.isCalm && random.chance(simulation.network.weather.duplication) {
            simulation.after(simulation.delay(), .call(step))
        }
    }

    private func answer(_ caller: Int, _ attempt: Int, _ record: CallModel.Record) {
        let reply = CallReply(attempt: attempt, outcome: record.outcome, payload: record.payload)
        travel(.reply(reply, to: caller))
    }

    // MARK: Servers

    private func arrive(_ request: CallRequest, _ node: UInt64) {
        guard cluster[node].isUp else { return }
        let serving = cluster[node].serving
        guard serving == node else { return hand(request, from: node, to: serving) }
        let view = cluster[node].view(request.group)
        guard view.role == MP_OWNING else {
            if view.role == MP_FOLLOWING { simulation.after(0, .pull(node, group: request.group)) }
            return refuse(request)
        }
        if request.isRead && request.header.operation == .method {
            let ticket = ReadTicket(
                caller: request.caller, attempt: request.attempt, method: request.method)
            if !simulation.read(node, request.group, ticket) { refuse(request) }
            return
        }
        invoke(request, node)
    }

    private func hand(_ request: CallRequest, from node: UInt64, to serving: UInt64) {
        guard let from = cluster.place(of: node), let to = cluster.place(of: serving),
            request.hops < 2, !simulation.network.isCut(from, to)
        else { return refuse(request) }
        var request = request
        request.hops += 1
        travel(.arrive(request, at: serving))
    }

    private func refuse(_ request: CallRequest) {
        answer(request.caller, request.attempt, CallModel.Record(outcome: .busy))
    }

    private func invoke(_ request: CallRequest, _ node: UInt64) {
        var entries = [header(request).encoded() + request.method]
        if request.opens {
            let open = CallHeader(
                session: request.header.session, request: 0, lowest: 0, operation: .open)
            entries.insert(open.encoded(), at: 0)
        }
        guard cluster.invoke(node, Draft(entries), group: request.group) == MP_OK,
            let replica = cluster[node].replica
        else { return refuse(request) }
        let tip = cluster[node].view(request.group).tip
        let placed = Placed(node: node, group: request.group, checksum: tip.checksum)
        pending[placed] = Waiting(caller: request.caller, attempt: request.attempt)
        foretell(placed)
        // The last entry of the batch is the call.
        if replica.identity(request.group, at: tip.index)?.checksum != tip.checksum {
            cluster.fail(.effects, "node \(node) does not hold the batch that it invoked")
        }
        cluster.push(node, group: request.group)
    }

    private func applied(_ member: Member, _ group: UInt64, _ frame: Frame) {
        guard member.votes, !member.isExiled, let place = cluster.place(of: member.id),
            models[group] != nil
        else { return }
        if let last = models[group]?.lastIndex, last < frame.batch.first {
            models[group]?.apply(frame)
        }
        let object = hosting.object(place, group)
        keepOld(object, place, group)
        let records = object.apply(frame)
        compare(records, member, group, frame)
        for (request, index) in object.ran {
            if let violation = onces[group]?.ran(request, at: index) { cluster.fail(violation) }
        }
        let placed = Placed(node: member.id, group: group, checksum: frame.batch.checksum)
        if let waiting = pending.removeValue(forKey: placed), let record = records.last {
            answer(waiting.caller, waiting.attempt, record)
        }
        // A sample is enough: states that differ stay different.
        guard frame.batch.last % 4 == 0 else { return }
        if let violation = digests[group]?.add(
            node: member.id, index: frame.batch.last, digest: object.digest)
        {
            cluster.fail(violation)
        }
    }

    private func compare(
        _ records: [CallModel.Record], _ member: Member, _ group: UInt64, _ frame: Frame
    ) {
        guard let model = models[group] else { return }
        for (number, record) in records.enumerated() {
            let index = Int(frame.batch.first) + number
            guard let expected = model.records[index - 1], expected != record else { continue }
            cluster.fail(
                .calls,
                "node \(member.id) answers entry \(index) of group \(group) with \(record), "
                    + "where the model says \(expected)")
        }
    }

    // MARK: What the simulation tells

    func crash(_ node: UInt64) {
        guard let place = cluster.place(of: node) else { return }
        hosting.crash(place)
        for placed in pending.keys where placed.node == node { pending[placed] = nil }
    }

    func start(_ node: UInt64) { hosting.start(node) }

    func state(of member: Member, _ group: UInt64) -> [UInt8]? { hosting.state(of: member, group) }

    func installed(_ snapshot: StoredSnapshot, _ node: UInt64, _ group: UInt64) {
        guard cluster.place(of: node) != nil, cluster[node].votes else { return }
        hosting.installed(snapshot, node, group)
        // Batches of this server that the snapshot stands for: their answers are not known here.
        let stale = pending.filter { $0.key.node == node && $0.key.group == group }
        for (placed, waiting) in stale.sorted(by: { $0.value.attempt < $1.value.attempt }) {
            pending[placed] = nil
            answer(waiting.caller, waiting.attempt, CallModel.Record(outcome: .unknown))
        }
    }

    /// What was pushed is unknown, and callers are told so.
    func preempted(_ node: UInt64, _ group: UInt64) {
        let lost = pending.filter { $0.key.node == node && $0.key.group == group }
        // In an order that does not depend on hashing.
        for (placed, waiting) in lost.sorted(by: { $0.value.attempt < $1.value.attempt }) {
            pending[placed] = nil
            answer(waiting.caller, waiting.attempt, fate(of: placed))
        }
    }

    /// Answers reads: what the owner has applied holds all that was committed before they came.
    func confirmed(_ node: UInt64, _ group: UInt64, _ tickets: [ReadTicket]) {
        guard let place = cluster.place(of: node) else { return }
        let object = readable(place, group)
        for ticket in tickets { answer(ticket.caller, ticket.attempt, object.read(ticket.method)) }
    }

    /// Whether a caller was told what the log says; nil if it was.
    func contradiction(_ caller: Caller, _ current: Caller.Current, _ payload: [UInt8]) -> String? {
        if current.operation.isRead { return nil }
        let told = CallModel.Record(outcome: .ok, payload: payload)
        let done = models[current.group]?.answer(caller.session, current.request)
        if done == told { return nil }
        return "caller \(caller.number) is told \(told) of request \(current.request) in session "
            + "\(caller.session), where the log says \(done.map { "\($0)" } ?? "nothing")"
    }

    /// A caller has the result of its call.
    func noteAnswer(_ caller: Caller, _ current: Caller.Current) {
        answered += 1
        if current.operation.isRead { return }
        let request = Request(session: caller.session, number: current.request)
        if let violation = onces[current.group]?.acknowledged(request) { cluster.fail(violation) }
    }

    func noteCrowd(_ group: UInt64) {
        restarted = Set(callers.filter { !$0.opened.contains(group) }.map(\.number))
    }

    func noteEviction(_ caller: Int) { toldOfEviction.insert(caller) }
}
