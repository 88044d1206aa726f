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

    /// What callers of a push are told that was preempted.
    var fateOfPreempted: CallModel.Record {
        CallModel.Record(outcome: simulation.plan.plant == .partialIsWhole ? .ok : .unknown)
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
