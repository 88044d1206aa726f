internal import CMultiPaxos

/// What a driver does about damaged frames.
extension Cluster {
    /// A damaged frame was read: the core hears of it, if it did not before.
    func noticeDamage(_ node: UInt64, group: UInt64 = 1) {
        let member = self[node]
        guard member.isUp, !member.view(group).lost, !member.disk[group].damaged.isEmpty else {
            return
        }
        expectOK(step(member, MP_EVENT_DAMAGED, group), "DAMAGED")
    }

    /// Asks the voters that `reach` says can be reached for each damaged frame, and stores what
    /// they have.
    ///
    /// - Parameter takesAny: A mistake: whatever the other has at the index is taken.
    func repair(
        _ node: UInt64, group: UInt64 = 1, takesAny: Bool = false,
        reaching reach: (UInt64) -> Bool = { _ in true }
    ) {
        let member = self[node]
        guard member.isUp, member.view(group).damaged else { return }
        let peers = voters.filter { $0 != node && self[$0].isUp && reach($0) }
        for wanted in member.disk.damaged(group) {
            let found = peers.lazy.compactMap { [self] peer in
                self[peer].disk.frame(group, holding: wanted.batch.first)
            }.first { takesAny || $0.hasSameBytes(as: wanted) }
            if let found { member.disk.repair(group, first: wanted.batch.first, with: found) }
        }
        finishRepair(member, group)
    }

    /// The same bytes came in a message: as good as asked for.
    func repair(_ member: Member, from packet: Packet) {
        guard packet.is(MP_MESSAGE_FRAME), let frame = packet.frame else { return }
        let group = frame.batch.group
        for wanted in member.disk.damaged(group) where wanted.hasSameBytes(as: frame) {
            member.disk.repair(group, first: wanted.batch.first, with: frame)
        }
    }

    /// Once every frame is whole, and what an owner may have to send is in memory, it votes again.
    private func finishRepair(_ member: Member, _ group: UInt64) {
        guard member.disk[group].damaged.isEmpty else { return }
        let view = member.view(group)
        if view.commit.index < view.tip.index,
            member.memory[group]?.frame(holding: view.commit.index + 1) == nil
        {
            var list = FrameList()
            for frame in member.disk[group].frames.frames
            where frame.batch.first > view.commit.index && !list.append(frame) {
                fail(.disk, "the disk of node \(member.id) has a gap")
            }
            guard list.last?.batch.last == view.tip.index else { return }
            member.memory[group] = list
        }
        expectOK(step(member, MP_EVENT_REPAIRED, group), "REPAIRED")
    }

    private func step(_ member: Member, _ kind: mp_event_kind, _ group: UInt64) -> mp_status {
        var event = mp_event()
        event.kind = kind
        event.group = group
        return step(member, &event)
    }
}
