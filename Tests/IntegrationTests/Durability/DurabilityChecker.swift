/// Replays what each server wrote, flushed and sent, and finds what was sent too early.
///
/// * A PROMISE may leave once the promised ballot or a higher one, and the log up to the tip it
///   names, are durable on its node.
/// * An ACCEPTED may leave once the owner's batch that ends at the acknowledged index, and every
///   batch before it, are durable on its node.
/// * Both may leave, too, once it is durable that the log was cut there since, for a promise of
///   that ballot or, after an ACCEPTED, of a higher one: one commit may hold both steps.
/// * A COMMIT and an answer to a client may leave once one and the same batch that holds the index,
///   and every batch before it, are durable on a quorum.
struct DurabilityChecker {
    /// A message that left too early.
    struct Violation: CustomStringConvertible {
        var node: UInt64
        var kind: UInt8
        var description: String
    }

    /// What was looked at: a check of nothing proves nothing.
    struct Tally: Equatable {
        var promises = 0
        var accepteds = 0
        var commits = 0
        var replies = 0
    }

    private(set) var violations: [Violation] = []
    private(set) var tally = Tally()

    private let quorum: Int
    private let nodes: [UInt64]
    private var disks: [UInt64: DiskHistory] = [:]
    private var sent: [Sent] = []
    private var owners: [OwnBatch: Set<UInt64>] = [:]
    private var holders: [Position: Set<UInt64>] = [:]
    private var groups: Set<UInt64> = []

    private struct Sent {
        var node: UInt64
        var time: UInt64
        var message: WireMessage
    }

    private struct OwnBatch: Hashable {
        var group: UInt64
        var ballot: WireBallot
        var last: UInt64
    }

    private struct Position: Hashable {
        var group: UInt64
        var index: UInt64
    }

    /// Checks the calls of all servers of a cluster, by node id.
    init(_ calls: [UInt64: [SystemCall]]) {
        nodes = calls.keys.sorted()
        quorum = nodes.count / 2 + 1
        for (node, calls) in calls { read(calls, of: node) }
        groups = Set(sent.map(\.message.group)).subtracting([0])
        for (node, calls) in calls {
            let disk = DiskHistory(calls, groups: groups)
            for frame in disk.allFrames { note(frame) }
            disks[node] = disk
        }
        for one in sent { check(one) }
    }

    private mutating func read(_ calls: [SystemCall], of node: UInt64) {
        var streams: [UInt64: WireStream] = [:]
        for call in calls where call.kind == .send {
            let wasLost = streams[call.inode]?.isLost ?? false
            for message in streams[call.inode, default: WireStream()].take(call.bytes) {
                sent.append(Sent(node: node, time: call.begin, message: message))
                noteOwned(message)
            }
            if streams[call.inode]?.isLost == true, !wasLost {
                refuse(node, 0, "wrote something else than messages to a socket")
            }
        }
    }

    private mutating func noteOwned(_ message: WireMessage) {
        guard message.kind == WireMessage.Kind.accept, let frame = StoredFrame(message.payload)
        else { return }
        let batch = OwnBatch(group: message.group, ballot: message.ballot, last: frame.last)
        owners[batch, default: []].insert(frame.checksum)
    }

    private mutating func note(_ frame: StoredFrame) {
        for index in frame.first...frame.last {
            let position = Position(group: frame.group, index: index)
            holders[position, default: []].insert(frame.checksum)
        }
    }

    private mutating func check(_ one: Sent) {
        switch (one.message.kind, one.message.outcome) {
        case (WireMessage.Kind.promise, 0): checkPromise(one)
        case (WireMessage.Kind.accepted, 0): checkAccepted(one)
        case (WireMessage.Kind.commit, _): checkCommit(one)
        case (WireMessage.Kind.reply, _): checkReply(one)
        default: break
        }
    }

    private mutating func checkPromise(_ one: Sent) {
        let message = one.message
        tally.promises += 1
        let promised = disks[one.node]?.promised(message.group, atLeast: message.ballot)
        guard let promised, promised <= one.time else {
            return refuse(one, "promised \(message.ballot)")
        }
        guard message.index > 0 else { return }
        let tip = disks[one.node]?.chain(message.group, message.checksum)
        if isLate(tip, one), !isCut(one, since: promised) {
            refuse(one, "promised \(message.ballot) with a log up to \(message.index)")
        }
    }

    private mutating func checkAccepted(_ one: Sent) {
        let message = one.message
        guard message.index > 0 else { return }
        tally.accepteds += 1
        let batch = OwnBatch(
            group: message.group, ballot: message.ballot, last: message.index)
        // A log that the voter fetched has no ACCEPT: then any batch that ends there will do.
        let candidates =
            owners[batch]
            ?? disks[one.node]?.batches(of: message.group, endingAt: message.index) ?? []
        let covered = candidates.contains { checksum in
            !isLate(disks[one.node]?.chain(message.group, checksum), one)
        }
        let next = WireBallot(round: message.ballot.round, node: message.ballot.node + 1)
        let deposed = disks[one.node]?.promised(message.group, atLeast: next)
        let excused = deposed.map { isCut(one, since: $0) } ?? false
        if !covered, !excused {
            refuse(one, "accepted up to \(message.index) at \(message.ballot)")
        }
    }

    private mutating func checkCommit(_ one: Sent) {
        guard one.message.index > 0 else { return }
        tally.commits += 1
        if copies(one.message.group, one.message.checksum, by: one.time) < quorum {
            refuse(one, "told that \(one.message.index) is committed")
        }
    }

    private mutating func checkReply(_ one: Sent) {
        for (index, outcome) in one.message.answers where outcome < 64 && index > 0 {
            tally.replies += 1
            let covered = groups.contains { group in
                (holders[Position(group: group, index: index)] ?? []).contains { checksum in
                    copies(group, checksum, by: one.time) >= quorum
                }
            }
            if !covered { refuse(one, "answered a call at \(index)") }
        }
    }

    private mutating func copies(_ group: UInt64, _ checksum: UInt64, by time: UInt64) -> Int {
        var copies = 0
        for node in nodes {
            guard let durable = disks[node]?.chain(group, checksum) else { continue }
            if durable <= time { copies += 1 }
        }
        return copies
    }

    /// Whether the log that the message speaks of was cut before it left, and since `time`.
    private func isCut(_ one: Sent, since time: UInt64) -> Bool {
        guard let disk = disks[one.node], time <= one.time else { return false }
        return disk.isCut(one.message.group, at: one.message.index, in: time...one.time)
    }

    private func isLate(_ durable: UInt64?, _ one: Sent) -> Bool {
        guard let durable else { return true }
        return durable > one.time
    }

    private mutating func refuse(_ one: Sent, _ what: String) {
        refuse(one.node, one.message.kind, what + " before that was durable")
    }

    private mutating func refuse(_ node: UInt64, _ kind: UInt8, _ what: String) {
        violations.append(
            Violation(node: node, kind: kind, description: "node \(node) \(what)"))
    }
}
