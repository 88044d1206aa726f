internal import ADO
internal import CMultiPaxos

/// How servers carry out the calls of processes.
extension AppLayer {
    func perform(_ step: AppStep) {
        switch step {
        case .arrive(let request, let node): arrive(request, node)
        case .expire(let number, _): expire(number)
        case .answer(let number, let replies, _):
            guard case .call(let done, let count)? = waits[number]?.kind, replies.count == count
            else { return }
            _ = takeWait(number)
            done(replies)
        }
    }

    /// Sends a step on its way, as the weather and the links are.
    func travel(_ step: AppStep, from node: UInt64) {
        guard let from = cluster.place(of: node), let to = cluster.place(of: step.node),
            !simulation.network.isCut(from, to)
        else { return }
        if !simulation.isCalm && random.chance(simulation.network.weather.loss) { return }
        simulation.after(simulation.delay(), .app(step))
        if !simulation.isCalm && random.chance(simulation.network.weather.duplication) {
            simulation.after(simulation.delay(), .app(step))
        }
    }

    private func answer(_ request: AppRequest, _ replies: [Reply], from node: UInt64) {
        travel(.answer(request.number, replies, to: request.client), from: node)
    }

    private func refuse(_ request: AppRequest, _ outcome: ReplyOutcome, from node: UInt64) {
        answer(
            request, Array(repeating: Reply(outcome), count: request.entries.count), from: node)
    }

    private func arrive(_ request: AppRequest, _ node: UInt64) {
        guard cluster[node].isUp else { return }
        let serving = cluster[node].serving
        guard serving == node else {
            guard request.hops < 2, serving != 0 else {
                return refuse(request, .noQuorum, from: node)
            }
            var request = request
            request.hops += 1
            return travel(.arrive(request, at: serving), from: node)
        }
        let view = cluster[node].view(request.group)
        guard view.role == MP_OWNING else {
            if view.role == MP_FOLLOWING { simulation.after(0, .pull(node, group: request.group)) }
            return refuse(request, .busy, from: node)
        }
        if request.kind == .read { return read(request, node) }
        guard
            cluster.invoke(node, Draft(request.entries), group: request.group) == MP_OK
        else { return refuse(request, .busy, from: node) }
        let checksum = cluster[node].view(request.group).tip.checksum
        pending[[node, request.group, checksum]] = request
        cluster.push(node, group: request.group)
    }

    private func read(_ request: AppRequest, _ node: UInt64) {
        let ticket = ReadTicket(
            caller: cluster.place(of: request.client) ?? 0, attempt: Int(request.number),
            method: request.entries[0].payload)
        if !simulation.read(node, request.group, ticket) { refuse(request, .busy, from: node) }
    }

    func confirmed(_ node: UInt64, _ group: UInt64, _ tickets: [ReadTicket]) {
        guard let place = cluster.place(of: node) else { return }
        let object = hosting.object(place, group)
        for ticket in tickets {
            let reply = Reply(object.read(ticket.method), index: 0)
            let client = cluster.members[ticket.caller].id
            travel(.answer(UInt64(ticket.attempt), [reply], to: client), from: node)
        }
    }

    func answerCall(
        _ node: UInt64, _ group: UInt64, _ frame: Frame, _ records: [CallModel.Record]
    ) {
        let key = [node, group, frame.batch.checksum]
        guard let request = pending.removeValue(forKey: key) else { return }
        let replies = records.enumerated().map { number, record in
            Reply(record, index: frame.batch.first + UInt64(number))
        }
        answer(request, replies, from: node)
    }

    func preempted(_ node: UInt64, _ group: UInt64) {
        let lost = pending.filter { $0.key[0] == node && $0.key[1] == group }
        // In an order that does not depend on hashing.
        for (key, request) in lost.sorted(by: { $0.value.number < $1.value.number }) {
            pending[key] = nil
            refuse(request, .unknown, from: node)
        }
    }

    func installed(_ snapshot: StoredSnapshot, _ node: UInt64, _ group: UInt64) {
        hosting.installed(snapshot, node, group)
        // Batches of this server that the snapshot stands for: their answers are not known here.
        preempted(node, group)
    }

    func state(of member: Member, _ group: UInt64) -> [UInt8]? { hosting.state(of: member, group) }
}

extension Reply {
    fileprivate init(_ record: CallModel.Record, index: UInt64) {
        self.init(record.outcome, index: index, payload: record.payload)
    }
}
