import ADO
import Histogram
import MultiPaxos

extension RunReport.Config {
    init(_ options: RunOptions) {
        self.init(
            replicas: options.servers,
            value_bytes: options.valueBytes, in_flight: options.inFlight,
            clients: options.clients, keys: options.keys, seconds: options.seconds,
            warmup_s: options.warmup, election_timeout_ms: options.electionTimeoutMilliseconds,
            call_timeout_ms: options.callTimeoutMilliseconds
                ?? 5 * options.electionTimeoutMilliseconds,
            snapshot_bytes: options.snapshotBytes,
            servers: options.cluster.isEmpty ? "started by the run" : "given",
            plant: options.plant?.rawValue,
            embedded_owner: options.embeddedOwner ? true : nil,
            objects: options.objects > 1 ? options.objects : nil, quota_percent: options.quota,
            distribution: options.distribution)
    }
}

extension RunReport {
    /// Fills in what the clients measured.
    mutating func fill(
        _ timeline: Timeline, _ latency: Histogram<UInt64>, _ measured: MeasuredTime
    ) {
        let seconds = measured.seconds
        let windows = Int((seconds * 1000 / Window.widthMilliseconds).rounded(.up))
        self.timeline = Array(timeline.points().prefix(windows))
        ok = self.timeline.reduce(0) { $0 + $1.ok }
        failed = self.timeline.reduce(0) { $0 + $1.failed }
        unknown = self.timeline.reduce(0) { $0 + $1.unknown }
        shed = self.timeline.reduce(0) { $0 + $1.shed }
        throughput_ops_s = (Double(ok) / seconds).rounded()
        latency_us = Latency(latency)
        client.cpu_us_op = perOperation(client.cpu_s)
        for position in nodes.indices {
            nodes[position].cpu_us_op = perOperation(nodes[position].cpu_s)
        }
    }

    /// Fills in how long no write was acknowledged.
    ///
    /// A run without writes has no such time.
    mutating func fillGaps(
        _ gaps: GapTracker, _ measured: MeasuredTime, _ strike: StrikeTimes?
    ) {
        guard workload.writesPercent > 0 else { return }
        let gap = gaps.longest(since: strike?.at ?? measured.start)
        unavailable_ms = rounded(Double(gap?.nanoseconds ?? 0) / 1e6)
        guard let strike, let gap, gap.start <= strike.recoveredAt else { return }
        guard gap.end < measured.end else {
            reason =
                reason
                ?? "writes were not acknowledged again before the run ended: raise --seconds."
            return
        }
        resumed_after_ms = rounded(Double(gap.end - min(strike.at, gap.end)) / 1e6)
    }

    /// Decides whether the run says what its scenario promises.
    mutating func judgeOwner(
        _ options: RunOptions, _ control: Control, _ before: [UInt64: NodeStatus],
        _ after: [UInt64: NodeStatus], _ strike: Result<FaultInjector.Strike?, BenchError>
    ) {
        owner.before = control.owner(in: before)?.report
        owner.after = control.owner(in: after)?.report
        switch strike {
        case .failure(let error):
            reason = error.description
        case .success(let strike):
            if let strike { owner.before = strike.ownerBefore.report }
            if let taker = strike?.takenOverBy { owner.taken_over_by = taker.report }
        }
        let proposed = control.clientBallot(in: before) ?? control.clientBallot(in: after)
        let mayPropose =
            options.embeddedOwner || options.workload.placement != nil
            || options.scenario.trouble == .duel
        if let ballot = proposed, !mayPropose {
            reason = reason ?? "the generator itself proposed, with ballot \(ballot)."
        }
        if ok == 0 { reason = reason ?? "nothing was acknowledged." }
        // The objects of transactions are their managers' own, whichever server dies.
        let isServed = options.workload.placement == nil
        guard options.scenario.expectsNewOwner, isServed, reason == nil else { return }
        guard let before = owner.before, let after = owner.after else {
            reason = "no server owned the object at the end."
            return
        }
        if owner.taken_over_by == nil && before.node == after.node {
            reason = """
                node \(before.node) owned the object before the fault (ballot \(before.ballot)) \
                and after it (\(after.ballot)): no other server took over.
                """
        }
    }

    /// Says that the owner is the generator itself, and decides whether it was all the time.
    mutating func judgeEmbeddedOwner(
        _ ballot: Ballot, promised: Ballot?, _ ending: String?
    ) {
        let usurper = owner.before ?? owner.after
        let own = Owner(node: 0, ballot: ballot.ofClient)
        mode = "embedded-owner"
        owner = OwnerChange(before: own, after: usurper == nil ? own : owner.after)
        owner.embedded = true
        reason = reason ?? ending
        if let usurper {
            reason =
                reason
                ?? "node \(usurper.node) owned the object during it, ballot \(usurper.ballot)."
        }
        guard promised != ballot else { return }
        let other = promised.map { "that of another application, \($0.ofClient)" } ?? "none"
        reason = reason ?? "not the generator's ballot was promised by the servers, but \(other)."
    }

    /// What it is if one of the servers was not well to the end: proved no longer.
    func marked(by complaint: BenchError?) -> RunReport {
        guard let complaint, status == .proved else { return self }
        var report = self
        report.reason = complaint.description
        report.status = .invalid
        return report
    }

    /// Adds what the proof found, and decides.
    mutating func judge(_ verdict: Verdict, _ verification: Verification, _ incomplete: String?) {
        self.verdict = verdict
        self.verification = verification
        acked_lost = verdict.acked_lost
        guard verification.offences.isEmpty else {
            reason = verification.offences[0]
            status = .refuted
            return
        }
        reason = reason ?? incomplete
        status = reason == nil ? .proved : .invalid
    }

    private func perOperation(_ seconds: Double) -> Double {
        ok == 0 ? 0 : (seconds * 1e9 / Double(ok)).rounded() / 1000
    }

    private func rounded(_ milliseconds: Double) -> Double {
        (milliseconds * 100).rounded() / 100
    }
}

extension Ballot {
    /// The ballot of a node without a vote, whose id is a long random number: `R.cXXXX`.
    var ofClient: String {
        let digits = String(node & 0xFFFF, radix: 16)
        return "\(round).c" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}

extension Window {
    /// A line of progress.
    func line(second: Int) -> String {
        let p50 = ok == 0 ? "-" : milliseconds(latency.valueAtPercentile(50))
        let p99 = ok == 0 ? "-" : milliseconds(latency.valueAtPercentile(99))
        return "\(pad("\(second)", 5)) s  \(pad(grouped(ok), 9))/s  p50 \(pad(p50, 8))  p99 "
            + "\(pad(p99, 8))  \(grouped(failed)) failed  \(grouped(unknown)) unknown"
    }
}
