internal import CMultiPaxos

/// What a plant needs to know of a disk.
extension Disk {
    /// A disk with what everybody knows to be committed, and nothing else: no promise, no vote.
    static func caughtUp(_ groups: [UInt64], _ ledger: Ledger) -> Disk {
        var disk = Disk()
        for group in groups {
            guard let last = ledger.frames(group).last else { continue }
            var content = StoredGroup()
            for frame in ledger.frames(group) { _ = content.frames.append(frame) }
            content.hard.promised = last.point.ballot
            content.hard.tip = last.point
            content.hard.commit = last.point
            content.hard.voters = ledger.voters(group) ?? 0
            content.hard.admissions = ledger.admissions(group)
            disk.prepare(group, content)
        }
        return disk
    }

    /// Ends the log of a group before its first damaged frame.
    mutating func forgetDamaged(_ group: UInt64) {
        var content = self[group]
        guard let first = content.damaged.min() else { return }
        content.frames.remove(from: first)
        content.damaged = []
        content.hard.tip = content.frames.last?.point ?? content.hard.trimmed
        if content.hard.commit.index >= first { content.hard.commit = content.hard.tip }
        prepare(group, content)
    }
}
