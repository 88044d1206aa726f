internal import ADOSpec
internal import CMultiPaxos

/// What must hold after each step, beyond the core's own invariants.
extension Cluster {
    /// What a leaving message claims that is not on the sender's disk.
    func violationOfDurability(_ packet: Packet) -> String? {
        let member = self[packet.from]
        guard member.votes else { return nil }
        let hard = member.disk.hard(packet.message.group)
        let message = packet.message
        let isOK = message.outcome == UInt8(MP_OUTCOME_OK.rawValue)
        switch mp_message_kind(UInt32(message.kind)) {
        case MP_MESSAGE_PREPARE, MP_MESSAGE_ACCEPT:
            if hard.promised < message.ballot { return "its own promise is not durable" }
        case MP_MESSAGE_PROMISE where isOK:
            if hard.promised < message.ballot { return "the promise is not durable" }
            if isBetter(message.point, than: hard.tip) { return "its tip is not durable" }
        case MP_MESSAGE_ACCEPTED where isOK:
            if hard.promised < message.ballot { return "the ballot is not durable" }
            if hard.tip.index < message.point.index { return "its entries are not durable" }
            return otherEntry(at: member.disk, than: packet.to, message)
        default: break
        }
        return nil
    }

    /// An acknowledgement names an index: of the log of whoever owns by its ballot.
    private func otherEntry(at disk: Disk, than node: UInt64, _ message: mp_message) -> String? {
        let group = message.group
        guard let place = place(of: node) else { return nil }
        let owner = members[place]
        let view = owner.view(group)
        guard view.role == MP_OWNING, view.owner == message.ballot, message.point.index > 0,
            // Its disk may still hold what it replaced when it adopted another log.
            let owned = owner.memory[group]?.frame(holding: message.point.index),
            let stored = disk[group].frames.frame(holding: message.point.index),
            stored.batch.checksum != owned.batch.checksum
        else { return nil }
        return "\(stored.point) is durable, where the owner has \(owned.point)"
    }

    /// What must hold of a replica after a step that concerned `group`; 0 if it was none.
    func check(_ member: Member, _ replica: Replica, after group: UInt64) {
        guard !configuration.care.isThorough else {
            return replica.forEachGroup { check(member, replica, $0) }
        }
        if group != 0, let view = replica.view(group) { check(member, replica, view) }
    }

    private func check(_ member: Member, _ replica: Replica, _ view: mp_group_view) {
        let group = view.group
        let applied = member.applied[group] ?? 0
        if view.commit.index != applied {
            fail(
                .effects,
                "node \(member.id) knows commit \(view.commit), but applied \(applied)")
        }
        if view.promised < member.promised[group] ?? .none {
            fail(.invariant, "node \(member.id) takes its promise back to \(view.promised)")
        }
        member.promised[group] = view.promised
        if view.commit.index > view.tip.index {
            fail(.invariant, "commit \(view.commit) leads \(view.tip)")
        }
        let hasFrames = !view.lost && !view.damaged
        if configuration.care.isThorough && hasFrames { checkFrames(member, replica, view) }
    }

    /// An acknowledgement for a lower ballot would count for an owner whose log may differ.
    func checkPromise(_ member: Member, _ view: mp_group_view) {
        guard let by = ledger.ballot(committing: view.commit.index, view.group), view.promised < by
        else { return }
        fail(
            .knowledge,
            "node \(nodeName(member.id)) knows commit \(view.commit), which \(by) committed, and "
                + "promises only \(view.promised)")
    }

    /// Who cannot read what it promised promises nothing, and accepts nothing, for good.
    func checkMemory(_ record: TraceRecord) {
        guard record.kind == .promised || record.kind == .accepted,
            let place = place(of: record.node), members[place].lost.contains(record.group)
        else { return }
        fail(.memory, "node \(record.node) has lost what it promised: \(record)")
    }

    /// Nor does anybody vote who knows that frames of its log cannot be read, until they can.
    func checkVote(_ message: mp_message, of member: Member) {
        let kinds = [MP_MESSAGE_PROMISE, MP_MESSAGE_ACCEPTED].map { UInt8($0.rawValue) }
        guard kinds.contains(message.kind), message.outcome == UInt8(MP_OUTCOME_OK.rawValue),
            member.view(message.group).damaged
        else { return }
        fail(.memory, "node \(member.id) votes by \(message.ballot), with a damaged log")
    }

    /// Every batch the core remembers has its frame.
    private func checkFrames(_ member: Member, _ replica: Replica, _ view: mp_group_view) {
        var index = view.commit.index + 1
        while index <= view.tip.index {
            guard let identity = replica.identity(view.group, at: index),
                let frame = member.frame(view.group, first: identity.first),
                frame.batch.checksum == identity.checksum
            else { return fail(.effects, "node \(member.id) has no frame for entry \(index)") }
            index = identity.last + 1
        }
    }

    /// What a disk says is committed is what was committed, byte for byte: a repair may have put
    /// something else there, which the node in memory does not show.
    func checkDisk(of member: Member) {
        guard member.votes, !member.isExiled else { return }
        for group in member.disk.groups where !member.lost.contains(group) {
            let stored = member.disk[group]
            for frame in stored.frames.frames where frame.batch.last <= stored.hard.commit.index {
                let isDamaged = stored.damaged.contains(frame.batch.first)
                guard !isDamaged, ledger.committed(group) >= frame.batch.last else { continue }
                let known = ledger.frame(group, first: frame.batch.first)
                if known?.hasSameBytes(as: frame) == true { continue }
                return fail(
                    .agreement,
                    "the disk of node \(member.id) holds \(frame.point), where "
                        + "\(known.map { "\($0.point)" } ?? "another batch") is committed")
            }
        }
    }

    /// The own snapshot and the own log reach as far as is committed.
    func checkStart(of member: Member) {
        guard member.votes else { return }
        for group in member.disk.groups where member.hasVote(group) {
            guard let gap = member.disk.gap(group) else { continue }
            fail(.disk, "node \(member.id) starts with \(gap): it cannot be applied")
        }
    }

    /// Whether nothing is damaged at any voter that still has a vote.
    func isWholeEverywhere(_ group: UInt64 = 1) -> Bool {
        voters.map { self[$0] }.filter { $0.isUp && $0.hasVote(group) }
            .allSatisfy { !$0.view(group).damaged && $0.disk[group].damaged.isEmpty }
    }

    /// How far all voters that still have a vote have applied, if they are equally far.
    func appliedEverywhere(_ group: UInt64 = 1) -> UInt64? {
        let applied = voters.map { self[$0] }.filter { $0.isUp && $0.hasVote(group) }
            .map { $0.applied[group] ?? 0 }
        guard let first = applied.first, applied.allSatisfy({ $0 == first }) else { return nil }
        return first
    }
}
