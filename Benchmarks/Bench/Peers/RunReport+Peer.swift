extension RunReport {
    /// Divides the CPU time of a peer's processes by the operations.
    mutating func fillPeerFigures() {
        guard let processes = peer?.processes, ok > 0 else { return }
        for position in processes.indices {
            peer?.processes[position].cpu_us_op =
                (processes[position].cpu_s * 1e9 / Double(ok)).rounded() / 1000
        }
    }

    /// Decides whether a run against a peer says what its scenario promises.
    mutating func judgeLeader(
        _ options: RunOptions, _ peer: Peer, _ before: PeerServers.Leader?,
        _ after: PeerServers.Leader?, _ strike: Result<PeerInjector.Strike?, BenchError>,
        _ failure: WireFailure?
    ) {
        if ok == 0 { reason = "nothing was acknowledged." }
        if let failure { reason = "the load did not understand \(peer.rawValue): \(failure)." }
        if peer.failsOver {
            owner.before = before?.report
            owner.after = after?.report
        }
        switch strike {
        case .failure(let error): reason = error.description
        case .success(let strike?) where peer.failsOver:
            owner.before = strike.ownerBefore.report
            owner.taken_over_by = strike.takenOverBy?.report
            guard options.scenario.expectsNewOwner, strike.takenOverBy == nil else { return }
            reason = reason ?? "no other server led after the fault."
        case .success: return
        }
    }
}

extension PeerServers.Leader {
    /// A leader as the report names an owner; its term stands for the ballot.
    var report: RunReport.Owner { RunReport.Owner(node: node, ballot: "term \(term)") }
}
