internal import ADO
internal import ADOSpec
internal import CMultiPaxos

/// What a test does to a cluster.
extension Cluster {
    // MARK: Operations of a proposer

    private func act(
        _ node: UInt64, _ kind: mp_event_kind, _ group: UInt64,
        _ prepare: (inout mp_event) -> Void = { _ in }
    ) -> mp_status {
        var event = mp_event()
        event.kind = kind
        event.group = group
        prepare(&event)
        return step(self[node], &event)
    }

    @discardableResult
    func pull(_ node: UInt64, group: UInt64 = 1, within: UInt64? = nil) -> mp_status {
        let patience = within ?? 2 * configuration.timeout
        return act(node, MP_EVENT_PULL, group) {
            $0.pull.deadline_us = self[node].clock.local(at: now) + patience
        }
    }

    /// Invokes one batch with these entries.
    @discardableResult
    func invoke(_ node: UInt64, _ texts: String..., group: UInt64 = 1) -> mp_status {
        invoke(node, Draft(texts.map { Array($0.utf8) }), group: group)
    }

    @discardableResult
    func barrier(_ node: UInt64, group: UInt64 = 1) -> mp_status {
        invoke(node, Draft([[]], kind: MP_ENTRY_BARRIER.rawValue), group: group)
    }

    func invoke(_ node: UInt64, _ draft: Draft, group: UInt64) -> mp_status {
        seal(node, MP_EVENT_INVOKE, draft, group) { $0.invoke.batch = $1 }
    }

    private func seal(
        _ node: UInt64, _ kind: mp_event_kind, _ draft: Draft, _ group: UInt64,
        _ prepare: (inout mp_event, UnsafeMutablePointer<mp_batch_builder>) -> Void
    ) -> mp_status {
        var draft = draft
        var frame: Frame?
        let status = withUnsafeMutablePointer(to: &draft.builder) { builder in
            var event = mp_event()
            event.kind = kind
            event.group = group
            prepare(&event, builder)
            return step(self[node], &event) {
                frame = Frame(owning: draft.bytes)
                return frame
            }
        }
        if frame == nil { draft.discard() }
        return status
    }

    /// Invokes a configuration.
    @discardableResult
    func reconfigure(_ node: UInt64, _ voters: Set<UInt64>, group: UInt64 = 1) -> mp_status {
        let draft = Draft(room: MP_ENTRY_HEADER_SIZE + 8)
        return seal(node, MP_EVENT_MEMBERSHIP, draft, group) { event, builder in
            event.membership.batch = builder
            event.membership.voters = voterSet(of: Array(voters))
        }
    }

    /// Invokes a configuration that names a server's new directory.
    @discardableResult
    func admit(
        _ node: UInt64, _ server: UInt64, generation: UInt32, group: UInt64 = 1
    ) -> mp_status {
        let draft = Draft(room: MP_ENTRY_HEADER_SIZE + 16)
        return seal(node, MP_EVENT_ADMIT, draft, group) { event, builder in
            event.admit.batch = builder
            event.admit.node = server
            event.admit.generation = generation
        }
    }

    /// Tells a running node of the admissions that logs begin with.
    func stand(_ node: UInt64, admissions: UInt32) {
        self[node].admissions = admissions
        expectOK(
            act(node, MP_EVENT_STANDING, 0) { event in
                event.standing.generation = self[node].generation
                event.standing.admissions = admissions
            }, "STANDING")
    }

    /// Tells a node of a log that is older than its directory.
    @discardableResult
    func hear(_ node: UInt64, group: UInt64) -> mp_status { act(node, MP_EVENT_HEARD, group) }

    /// The word in which one server was admitted so often.
    func admissions(_ server: UInt64, _ generation: UInt32) -> UInt32 {
        mp_admissions_set(0, UInt32(voters.count), UInt32(server - 1), generation)
    }

    @discardableResult
    func push(_ node: UInt64, group: UInt64 = 1) -> mp_status { act(node, MP_EVENT_PUSH, group) }

    @discardableResult
    func confirm(_ node: UInt64, group: UInt64 = 1) -> mp_status {
        act(node, MP_EVENT_CONFIRM, group)
    }

    @discardableResult
    func askTips(_ node: UInt64, group: UInt64 = 1) -> mp_status {
        act(node, MP_EVENT_TIPS, group)
    }

    @discardableResult
    func release(_ node: UInt64, group: UInt64 = 1) -> mp_status {
        let view = self[node].view(group)
        if view.role == MP_OWNING {
            // The core does not trace it: to the checkers it is an owner that gives up.
            judge(
                TraceRecord(
                    .pullFailed, time: now, node: node, group: group, ballot: Ballot(view.owner)))
        }
        return act(node, MP_EVENT_RELEASE, group)
    }

    func setDisk(_ node: UInt64, stall: UInt64, full: Bool = false) {
        self[node].isFull = full
        expectOK(
            act(node, MP_EVENT_DISK, 0) { event in
                event.disk.stall_us = stall
                event.disk.full = full
            }, "DISK")
    }

    /// Moves the clock to the node's deadline and steps it.
    func timeOut(_ node: UInt64) {
        now = max(now, self[node].clock.world(at: self[node].deadline))
        expectOK(act(node, MP_EVENT_TIMEOUT, 0), "TIMEOUT")
    }

    // MARK: Snapshots

    /// Says that a snapshot at or after a point is durable.
    @discardableResult
    func trim(_ node: UInt64, at point: mp_point, group: UInt64 = 1) -> mp_status {
        act(node, MP_EVENT_TRIM, group) { $0.trim.point = point }
    }

    /// Says that a snapshot at `point`, which was known to be committed under `ballot`, is durable.
    @discardableResult
    func install(
        _ node: UInt64, at point: mp_point, voters: UInt64 = 0, admissions: UInt32 = 0,
        ballot: mp_ballot, group: UInt64 = 1
    ) -> mp_status {
        act(node, MP_EVENT_INSTALL, group) { event in
            event.install.point = point
            event.install.voters = voters
            event.install.admissions = admissions
            event.install.ballot = ballot
        }
    }

    // MARK: Disk

    /// Makes the oldest writes of a node durable, and steps it for each.
    func flush(_ node: UInt64, count: Int = .max) {
        let member = self[node]
        var left = count
        while left > 0, !member.disk.queue.isEmpty {
            left -= 1
            let (write, violation) = member.disk.makeNextDurable()
            if let violation { fail(.disk, "disk of node \(node): \(violation)") }
            releaseHeld(member)
            var event = mp_event()
            event.kind = MP_EVENT_WRITTEN
            event.group = write.group
            event.written.write_id = write.id
            expectOK(step(member, &event), "WRITTEN")
        }
    }

    /// Makes writes durable and crashes before anybody hears of it.
    func crash(_ node: UInt64, afterWriting count: Int) {
        let member = self[node]
        for _ in 0..<min(count, member.disk.queue.count) {
            if let violation = member.disk.makeNextDurable().violation { fail(.disk, violation) }
        }
        crash(node)
    }

    private func releaseHeld(_ member: Member) {
        let durable = member.disk.durable
        guard member.held.contains(where: { $0.write <= durable }) else { return }
        let ready = member.held.filter { $0.write <= durable }
        member.held.removeAll { $0.write <= durable }
        for (_, packet) in ready { depart(packet) }
    }

    // MARK: Network

    /// Hands a packet to its receiver, whether or not it is still in flight.
    @discardableResult
    func receive(_ packet: Packet) -> mp_status {
        guard let place = place(of: packet.to) else {
            return MP_CLOSED
        }
        let member = members[place]
        guard member.isUp else { return MP_CLOSED }
        repair(member, from: packet)
        var message = packet.message
        if let frame = packet.frame {
            message.payload = UnsafePointer(frame.bytes.baseAddress)
            message.payload_size = UInt32(frame.bytes.count)
        }
        var batch = packet.frame?.batch ?? mp_batch()
        return withUnsafePointer(to: &message) { message in
            withUnsafePointer(to: &batch) { batch in
                var event = mp_event()
                event.kind = MP_EVENT_RECEIVE
                event.group = packet.message.group
                event.receive.from = packet.from
                event.receive.message = message
                event.receive.batch = packet.frame == nil ? nil : batch
                return step(member, &event) { packet.frame }
            }
        }
    }

    /// Hands over a packet of an honest node: nothing it says may be refused.
    func receiveHonest(_ packet: Packet) {
        let status = receive(packet)
        remember(packet, status)
        if status != MP_OK && status != MP_CLOSED && status != MP_BUSY {
            fail(.refusal, "\(packet) returns \(status)")
        }
    }

    /// Takes out of flight what matches, in order.
    @discardableResult
    func take(where matches: (Packet) -> Bool = { _ in true }) -> [Packet] {
        let taken = inFlight.filter(matches)
        inFlight.removeAll(where: matches)
        return taken
    }

    /// Delivers what is in flight now and matches; returns how many.
    @discardableResult
    func deliver(where matches: (Packet) -> Bool = { _ in true }) -> Int {
        let taken = take(where: matches)
        for packet in taken { receiveHonest(packet) }
        return taken.count
    }

    /// Delivers what is in flight now of one kind, from and to any node unless told.
    @discardableResult
    func deliver(_ kind: mp_message_kind, from: UInt64? = nil, to: UInt64? = nil) -> Int {
        deliver { packet in
            packet.is(kind) && packet.from == from ?? packet.from && packet.to == to ?? packet.to
        }
    }

    /// Flushes and delivers until nothing is left; what does not pass is lost.
    func settle(_ passes: (Packet) -> Bool = { _ in true }) {
        for _ in 0..<10_000 {
            for member in members where member.isUp { flush(member.id) }
            let packets = take()
            if packets.isEmpty { return }
            for packet in packets where passes(packet) { receiveHonest(packet) }
            if !violations.isEmpty { return }
        }
        fail(.progress, "the cluster does not settle")
    }

    /// Settles with every message between other nodes than these lost.
    func settle(among nodes: Set<UInt64>) {
        settle { nodes.contains($0.from) && nodes.contains($0.to) }
    }

    /// Pulls as often as it takes to outbid what these nodes have promised.
    @discardableResult
    func own(_ node: UInt64, among nodes: Set<UInt64>? = nil) -> mp_outcome? {
        for _ in 0..<4 {
            let outcome = pullAndSettle(node, among: nodes)
            if outcome?.kind == MP_PULLED { return outcome }
        }
        return nil
    }

    /// Pulls, and loses every message between other nodes than these.
    @discardableResult
    func pullAndSettle(_ node: UInt64, among nodes: Set<UInt64>? = nil) -> mp_outcome? {
        pull(node)
        settle(among: nodes ?? Set(members.map(\.id)))
        return self[node].takeOutcomes().last {
            [MP_PULLED, MP_PULL_PREEMPTED, MP_PULL_NO_QUORUM].contains($0.kind)
        }
    }
}
