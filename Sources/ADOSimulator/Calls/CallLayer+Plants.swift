internal import ADO
internal import CMultiPaxos

/// What the plants of the driver do to calls.
extension CallLayer {
    /// The head of a call as a server invokes it.
    func header(_ request: CallRequest) -> CallHeader {
        var header = request.header
        guard simulation.plan.plant == .duplicateApplied, header.operation == .method else {
            return header
        }
        let isKnown = !seen.insert([request.group, header.session, header.request]).inserted
        if isKnown { header.request += UInt64(request.attempt) << 20 }
        return header
    }

    /// Takes note of what a call comes to on the branch of the node that invoked it.
    func foretell(_ placed: Placed) {
        guard simulation.plan.plant == .partialIsWhole,
            let place = simulation.cluster.place(of: placed.node)
        else { return }
        let member = simulation.cluster[placed.node]
        let branch = HostedObject.make(group: placed.group)
        guard branch.restore(hosting.object(place, placed.group).state) else { return }
        var next = (member.applied[placed.group] ?? 0) + 1
        while let frame = member.memory[placed.group]?.frame(first: next) {
            foretold[placed] = branch.apply(frame).last
            next = frame.batch.last + 1
        }
    }

    /// Takes note of a state that is about to become old.
    func keepOld(_ object: HostedObject, _ place: Int, _ group: UInt64) {
        guard simulation.plan.plant == .readOfOldState else { return }
        olds[[UInt64(place), group]] = object.state
    }

    /// What a server answers reads from.
    func readable(_ place: Int, _ group: UInt64) -> HostedObject {
        guard let state = olds[[UInt64(place), group]] else { return hosting.object(place, group) }
        let object = HostedObject.make(group: group)
        _ = object.restore(state)
        return object
    }

    /// What callers of a push are told that was preempted.
    func fate(of placed: Placed) -> CallModel.Record {
        foretold[placed] ?? CallModel.Record(outcome: .unknown)
    }
}

extension Simulation {
    /// A batch as a server applies it that starts again.
    func replayed(_ frame: Frame) -> Frame {
        plan.plant == .sessionDropped ? frame.openingOthers : frame
    }
}

extension Frame {
    /// The same batch, but that it opens other sessions than those it was to open.
    fileprivate var openingOthers: Frame {
        guard var head = payloads.first, var header = try? CallHeader.decoded(from: head),
            header.operation == .open
        else { return self }
        header.session ^= 1 << 40
        head = header.encoded()
        return Frame.sealed(
            [head] + payloads.dropFirst(), group: batch.group, first: batch.first,
            ballot: batch.ballot, previous: batch.previous)
    }
}
