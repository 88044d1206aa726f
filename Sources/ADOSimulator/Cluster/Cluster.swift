internal import ADOSpec
internal import CMultiPaxos

/// Replicas of the core with simulated disks, network and clock, all in the hands of the caller.
///
/// Every step is followed by every check: the core's own invariants, durable before sent, agreement
/// on committed bytes, and the refinement of the model. What breaks a rule is a value; a test
/// records it by overriding ``report(_:)``.
class Cluster {
    struct Configuration {
        var voters: UInt64 = 3
        var clients: UInt64 = 0
        /// Whose votes count at first; nil: those of all servers.
        var founders: [UInt64]?
        var window: UInt32 = 4
        var fetchBytes: UInt64 = 1 << 20
        /// Bytes in a millisecond that a voter far behind learns at least; 0: as servers do.
        var learnFloor: UInt64 = 0
        var groupsMax: UInt32 = 8
        var batchesMax: UInt32 = 1024
        /// The election timeout, in virtual microseconds.
        var timeout = T
        var core = CoreLibrary.linked
        var care = Replica.Care()
        var remembersPackets = false
    }

    let configuration: Configuration
    let voters: [UInt64]
    private(set) var members: [Member]
    private var places = SmallMap<Int>()
    var now: UInt64 = 1_000_000
    /// Messages that left and have not arrived, in the order in which they left.
    var inFlight: [Packet] = []
    var ledger = Ledger()
    private var judge = Judge()
    let trace = TraceLog()
    private(set) var violations: [Violation] = []
    /// Why nobody knows whether what was seen from outside is right; nil if it is known.
    private(set) var undecided: String?
    /// Why the run was not compared with the model to its end; nil if it was.
    private(set) var incomplete: String?
    /// The cache trees when the core of a node first stopped itself; nil if none did.
    private(set) var treesWhenStopped: String?
    /// Takes messages and disk writes away from the manual lists; for timed runs.
    var onSend: ((Packet) -> Void)?
    var onWrite: ((Member) -> Void)?
    var onOutcome: ((Member, mp_outcome) -> Void)?
    private(set) var stepCount = 0
    private var scratch: [UInt8] = []
    private var departed = 0
    /// How many messages of each kind left.
    private(set) var sent = [Int](repeating: 0, count: 256)
    /// Called with each batch that a member applies, in order.
    var onApply: ((Member, UInt64, Frame) -> Void)?
    /// Called when a snapshot takes the place of what a member would have applied.
    var onInstall: ((Member, UInt64, mp_point) -> Void)?
    /// The last packets delivered; kept only for runs of one seed.
    private var recent: [String] = []

    func remember(_ packet: Packet, _ status: mp_status) {
        guard configuration.remembersPackets, !packet.isBeat else { return }
        if recent.count == 40 { recent.removeFirst() }
        recent.append("\(now) \(packet): \(status)")
    }

    init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
        voters = Array(1...configuration.voters)
        members = voters.map { Member(id: $0, votes: true) }
        for number in 0..<configuration.clients {
            members.append(Member(id: clientBit | (number + 1), votes: false))
        }
        for (place, member) in members.enumerated() { places[member.id] = place }
        trace.onRecord = { [unowned self] record in
            // Nobody hears a node whose disk was lost: what it believes by itself breaks nothing.
            if let place = places[record.node], members[place].isExiled { return }
            let record = TraceRecord(record)
            checkMemory(record)
            judge(record)
        }
    }

    convenience init(voters: UInt64, clients: UInt64 = 0, window: UInt32 = 4) {
        self.init(Configuration(voters: voters, clients: clients, window: window))
    }

    /// The member with this id; one that is down if there is none.
    subscript(node: UInt64) -> Member {
        guard let place = places[node] else {
            // A test of an election that elected nobody: it fails, and the others go on.
            fail(.caller, "there is no node \(nodeName(node))")
            return Member(id: node, votes: false)
        }
        return members[place]
    }

    /// Puts a client with a new id in the place of one that is down.
    func replaceClient(_ old: UInt64, by new: UInt64) {
        guard let place = places[old], !members[place].isUp else {
            preconditionFailure("client \(old) is down")
        }
        members[place] = Member(id: new, votes: false)
        places[old] = nil
        places[new] = place
    }

    /// The place of the member with this id.
    func place(of node: UInt64) -> Int? { places[node] }

    /// The id of the client with this number, from 1.
    func client(_ number: UInt64) -> UInt64 { clientBit | number }

    /// The configuration that logs begin with.
    var founders: UInt64 { voterSet(of: configuration.founders ?? voters) }

    func voterSet(of nodes: [UInt64]) -> UInt64 { nodes.reduce(0) { $0 | mp_voters_of($1) } }

    /// Records a violation; later ones only follow from the first.
    func fail(_ rule: RunRule, _ explanation: String) {
        fail(Violation(rule: rule.rawValue, explanation: explanation))
    }

    func fail(_ violation: Violation) {
        violations.append(violation)
        if violations.count == 1 { report(violation) }
    }

    /// Called with the first violation, when it happens.
    func report(_ violation: Violation) {}

    /// What led here, for a report.
    var recentPackets: String { recent.joined(separator: "\n") }

    /// Shows a record to the checkers of the specification.
    func judge(_ record: TraceRecord) {
        if let violation = judge.add(record) { fail(violation) }
    }

    /// Ends the run for the checkers of the specification, which order events before they judge,
    /// and looks at what is on the disks.
    func finishJudging() {
        for voter in voters { checkDisk(of: self[voter]) }
        switch judge.finish() {
        case .violated(let violation): fail(violation)
        case .incomplete(let reason): incomplete = reason
        case .holds: return
        }
    }

    /// Takes what a judge of calls or of an application found.
    func take(_ verdict: Verdict) {
        switch verdict {
        case .violated(let violation): fail(violation)
        case .incomplete(let reason): undecided = undecided ?? reason
        case .holds: return
        }
    }

    /// Says that records are missing, and why.
    func noteGap(_ reason: String) { judge.noteGap(reason) }

    /// Takes note of a log that was there before the run began.
    func assume(_ frame: Frame, isCommitted: Bool) {
        judge.noteGap("the run begins with logs")
        if isCommitted { judge.assume(LogPoint(frame.point), group: frame.batch.group) }
    }

    /// How many messages of each kind were sent, in one line.
    var messages: String {
        let counts = sent.enumerated().filter { $0.element > 0 }
        return counts.map { "\(nameOfKind(UInt8($0.offset))) \($0.element)" }
            .joined(separator: ", ")
    }

    /// A hash of the whole history and of every replica now.
    var stateHash: UInt64 {
        var hash = trace.hash &+ UInt64(stepCount)
        for member in members { hash = hash &* 31 &+ (member.replica?.digest ?? 0) }
        return hash
    }

    // MARK: Lives of nodes

    func options(of member: Member) -> mp_options {
        var options = mp_options()
        options.node = member.id
        withUnsafeMutableBytes(of: &options.voters) { bytes in
            let ids = bytes.bindMemory(to: UInt64.self)
            for (place, voter) in voters.enumerated() { ids[place] = voter }
        }
        options.voter_count = UInt32(voters.count)
        options.votes = member.votes
        options.configuration = founders
        options.generation = member.generation
        options.admissions = member.admissions
        options.window = configuration.window
        options.groups_max = configuration.groupsMax
        options.batches_max = configuration.batchesMax
        options.timeout_us = configuration.timeout
        options.fetch_bytes = configuration.fetchBytes
        options.learn_floor = configuration.learnFloor
        options.trace = TraceLog.hook
        options.trace_context = trace.context
        return options
    }

    /// Starts every node that is down.
    func start() {
        for member in members where !member.isUp { start(member.id) }
    }

    /// Loads a node from its disk and starts it; `lost` groups load as unreadable.
    func start(_ node: UInt64, lost: Set<UInt64> = []) {
        let member = self[node]
        member.lost.formUnion(lost)
        guard places[node] != nil else { return }
        precondition(!member.isUp, "the node is down")
        member.isFull = false
        checkDisk(of: member)
        judge(TraceRecord(member.takeLoss() ? .diskLost : .started, time: now, node: node))
        member.replica = Replica(
            options(of: member), library: configuration.core, care: configuration.care)
        for group in member.disk.groups {
            load(group, into: member, lost: member.lost.contains(group))
        }
        var event = mp_event()
        event.kind = MP_EVENT_START
        expectOK(step(member, &event), "START")
        for voter in voters where voter != node { setReachable(voter, true, at: node) }
    }

    private func load(_ group: UInt64, into member: Member, lost: Bool) {
        let stored = member.disk[group]
        let suffix = stored.frames.frames.filter { $0.batch.first > stored.hard.commit.index }
        // Of the frames before the commit point nothing is known until they are read.
        let damaged = suffix.contains { stored.damaged.contains($0.batch.first) }
        var list = FrameList()
        for frame in suffix where !list.append(frame) { fail(.disk, "the disk has a gap") }
        member.memory[group] = damaged ? FrameList() : list
        member.applied[group] = stored.hard.commit.index
        let identities = suffix.map(\.identity)
        identities.withUnsafeBufferPointer { identities in
            var event = mp_event()
            event.kind = MP_EVENT_LOAD
            event.group = group
            event.load.hard = stored.hard
            event.load.suffix = identities.baseAddress
            event.load.suffix_count = UInt32(identities.count)
            event.load.lost = lost
            event.load.damaged = damaged
            expectOK(step(member, &event), "LOAD")
        }
    }

    /// Stops a node: what is not durable is gone, and so is what waits to be sent.
    func crash(_ node: UInt64) {
        self[node].crash()
    }

    func restart(_ node: UInt64) {
        crash(node)
        start(node)
    }

    func setReachable(_ voter: UInt64, _ reachable: Bool, at node: UInt64) {
        var event = mp_event()
        event.kind = MP_EVENT_PEER
        event.peer.node = voter
        event.peer.reachable = reachable
        expectOK(step(self[node], &event), "PEER")
    }

    func expectOK(_ status: mp_status, _ what: String) {
        if status != MP_OK { fail(.effects, "\(what) returns \(status)") }
    }

    // MARK: Steps

    /// Steps a member and carries out the effects.
    ///
    /// `frame` gives the frame of the event, if any.
    @discardableResult
    func step(_ member: Member, _ event: inout mp_event, frame: () -> Frame? = { nil }) -> mp_status
    {
        guard let replica = member.replica else { return MP_CLOSED }
        event.now_us = member.clock.local(at: now)
        stepCount += 1
        let before = configuration.care.isThorough ? replica.digest : 0
        let status: mp_status
        switch replica.step(&event) {
        case .done(let done): status = done
        case .stopped(let text): return stopped(member, text)
        }
        guard status == MP_OK else {
            if configuration.care.isThorough && replica.digest != before {
                fail(
                    .refusal,
                    "a step that returns \(status) changed the replica of node \(member.id)")
            }
            return status
        }
        let installs = event.kind == MP_EVENT_INSTALL
        if installs, !canApply(through: event.install.point.index, event.group, member) {
            installed(event.install.point, event.group, member)
        }
        carryOut(replica.effects, at: member, frame: frame)
        if installs {
            installed(event.install.point, event.group, member)
            checkPromise(member, member.view(event.group))
        }
        check(member, replica, after: replica.effects.raw.pointee.group)
        return status
    }

    private func stopped(_ member: Member, _ text: String) -> mp_status {
        fail(.invariant, "node \(nodeName(member.id)) stopped itself: \(text)")
        // What it stopped with is gone after the crash.
        if treesWhenStopped == nil { treesWhenStopped = trees(member.disk.groups.sorted()) }
        crash(member.id)
        return MP_CLOSED
    }

    /// In the order of the contract: drop, append, write, send, apply, report.
    private func carryOut(_ effects: Effects, at member: Member, frame: () -> Frame?) {
        let raw = effects.raw
        let group = raw.pointee.group
        member.deadline = raw.pointee.deadline_us
        if raw.pointee.drop_from != 0 {
            member.memory[group]?.remove(from: raw.pointee.drop_from)
        }
        if raw.pointee.drop_through != 0 {
            member.memory[group]?.remove(through: raw.pointee.drop_through)
        }
        if raw.pointee.append.first != 0 { append(raw.pointee.append, group, frame(), at: member) }
        for write in effects.writes { submit(write, at: member) }
        for send in effects.sends { self.send(send, at: member) }
        if raw.pointee.serve.to != 0 { serve(raw.pointee.serve, at: member) }
        if raw.pointee.commit_from != 0 {
            apply(group, from: raw.pointee.commit_from, through: raw.pointee.commit_through, member)
        }
        for outcome in effects.outcomes {
            member.outcomes.append(outcome)
            onOutcome?(member, outcome)
        }
    }

    /// Whether the frames of the own log that lead to an index can be read.
    private func canApply(through index: UInt64, _ group: UInt64, _ member: Member) -> Bool {
        var next = (member.applied[group] ?? 0) + 1
        while next <= index, let frame = member.frame(group, holding: next) {
            next = frame.batch.last + 1
        }
        return next > index
    }

    /// The state is the snapshot's from here on, unless the log itself led there.
    private func installed(_ point: mp_point, _ group: UInt64, _ member: Member) {
        guard member.applied[group] ?? 0 < point.index else { return }
        member.applied[group] = point.index
        onInstall?(member, group, point)
    }

    private func append(
        _ identity: mp_identity, _ group: UInt64, _ frame: Frame?, at member: Member
    ) {
        guard let frame, frame.batch.checksum == identity.checksum,
            frame.batch.first == identity.first, frame.batch.last == identity.last
        else {
            return fail(
                .effects, "node \(member.id) appends \(identity.first), which is not the frame")
        }
        if !member.memory[group, default: FrameList()].append(frame) {
            fail(.effects, "node \(member.id) appends \(frame.point) after a gap")
        }
    }

    private func submit(_ write: mp_write, at member: Member) {
        if !member.votes { fail(.effects, "node \(member.id) has no disk, but writes") }
        if write.id != member.lastWrite + 1 {
            fail(.effects, "write \(write.id) after \(member.lastWrite)")
        }
        member.lastWrite = write.id
        let frame = member.memory[write.group]?.frame(first: write.batch_first)
        if write.batch_first != 0 && frame == nil {
            fail(
                .effects,
                "node \(member.id) writes frame \(write.batch_first), which it does not keep")
        }
        // What was invoked before the disk was full is pushed, from the reserve.
        if member.isFull, let frame, frame.batch.ballot.node != member.id {
            fail(.effects, "node \(member.id) accepts \(frame.point), and its disk is full")
        }
        member.disk.submit(write, frame: frame)
        onWrite?(member)
    }

    private func send(_ send: mp_send, at member: Member) {
        var frame: Frame?
        if send.batch_first != 0 {
            frame = member.frame(send.message.group, first: send.batch_first)
            if frame == nil {
                fail(.effects, "node \(member.id) sends \(send.batch_first) without a frame")
            }
        }
        let packet = Packet(from: member.id, to: send.to, message: send.message, frame: frame)
        checkVote(send.message, of: member)
        if send.after_write > member.lastWrite {
            fail(.effects, "\(packet) waits for a write never asked for")
        }
        if send.after_write > member.disk.durable {
            member.held.append((send.after_write, packet))
        } else {
            depart(packet)
        }
    }

    private func serve(_ serve: mp_serve, at member: Member) {
        let group = serve.frame.group
        var next = serve.from
        var bytes: UInt64 = 0
        while next <= serve.through, let frame = member.frame(group, holding: next) {
            if next > serve.from && bytes + UInt64(frame.batch.size) > serve.bytes { break }
            bytes += UInt64(frame.batch.size)
            depart(Packet(from: member.id, to: serve.to, message: serve.frame, frame: frame))
            next = frame.batch.last + 1
        }
        // A first index that nobody has is served with nothing.
        var fetched = serve.fetched
        fetched.point.index = next - 1
        depart(Packet(from: member.id, to: serve.to, message: fetched))
    }

    /// A message leaves: now, and not before, what it says must be durable.
    func depart(_ packet: Packet) {
        if let violation = violationOfDurability(packet) {
            fail(.durability, "\(packet): \(violation)")
        }
        departed += 1
        sent[Int(packet.message.kind)] += 1
        // The codec has tests of its own: in long runs a sample of its work is enough.
        var packet = packet
        if configuration.care.isThorough || departed % 16 == 0 {
            guard let arrived = packet.afterWire(configuration.core, &scratch) else {
                return fail(.wire, "\(packet) does not survive the wire")
            }
            packet = arrived
        }
        if let onSend { onSend(packet) } else { inFlight.append(packet) }
    }

    private func apply(
        _ group: UInt64, from: UInt64, through: UInt64, _ member: Member
    ) {
        var next = (member.applied[group] ?? 0) + 1
        if next > through { return }  // A snapshot led there, because frames are damaged.
        if from != next {
            fail(.effects, "node \(member.id) applies from \(from), expected \(next)")
        }
        while next <= through {
            guard let frame = member.frame(group, holding: next) else {
                return fail(.effects, "node \(member.id) applies \(next) without its frame")
            }
            if frame.batch.first != next {
                fail(.effects, "node \(member.id) commits part of \(frame.point)")
            }
            note(frame, group, isLast: frame.batch.last == through, by: member)
            onApply?(member, group, frame)
            next = frame.batch.last + 1
        }
        if next != through + 1 {
            fail(.effects, "node \(member.id) commits \(through), inside a batch")
        }
        member.applied[group] = through
        let view = member.view(group)
        if view.role == MP_OWNING, view.owner == view.commit.ballot {
            ledger.note(view.owner, committing: from...through, group)
        }
        checkPromise(member, view)
    }

    /// What is committed with a later entry may be on other disks than its own voters': the voters
    /// of the last entry say what all of it rests on.
    private func note(_ frame: Frame, _ group: UInt64, isLast: Bool, by member: Member) {
        switch ledger.record(frame, group: group) {
        case .known: return
        case .violation(let text): fail(.agreement, "node \(member.id): \(text)")
        case .new where isLast && frame.point.ballot.node != member.id:
            fail(.commit, "node \(nodeName(member.id)) is the first to commit \(frame.point)")
        case .new where isLast:
            let holders = voters.filter { self[$0].holdsDurably(frame, group) }
            if !mp_voters_quorum(ledger.voters(group) ?? founders, voterSet(of: holders)) {
                fail(.durability, "\(frame.point) is committed, but durable only at \(holders)")
            }
        case .new: return
        }
    }
}
