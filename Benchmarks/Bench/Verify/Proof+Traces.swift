import ADOSpec
import Foundation

extension Proof {
    /// Judges by the model what the nodes did.
    func judgeTraces(
        _ log: [LogBatch], _ applied: [UInt64: UInt64], _ outcome: inout Outcome
    ) {
        guard case .files(let files) = traces else {
            if case .none(let reason) = traces { outcome.leaveOpen("refines_ado", reason) }
            return
        }
        // Every record until now is in its file: it was written before its effects left.
        let until = monotonicNow()
        progress.detail("  judging the traces of \(files.count) nodes")
        let sources = files.map { node, path in
            let data = FileManager.default.contents(atPath: path) ?? Data()
            return TraceJudgement.Source(
                name: node == 0 ? "the generator" : "node \(node)", file: TraceFile(Array(data)),
                applied: node == 0 ? 0 : applied[node].map { objects > 1 ? 0 : $0 })
        }
        // Of several objects no log gives records back: what a killed server did not write is then
        // a reason to leave the verdict open.
        var judgement = TraceJudgement(
            sources: sources, log: objects > 1 ? [] : log, until: until)
        if plant == .fork, let last = files.last(where: { $0.node != 0 })?.node {
            judgement.forged = (last, (applied[last] ?? 0) / 2)
        }
        let result = judgement.run()
        outcome.verification.trace_records = result.records
        outcome.verification.trace_records_rebuilt = result.rebuilt
        switch result.verdict {
        case .holds: outcome.verdict.refines_ado = .holds
        case .incomplete(let reason): outcome.leaveOpen("refines_ado", reason)
        case .violated(let violation):
            outcome.verdict.refines_ado = .fails
            outcome.verification.offences.append("\(violation)")
        }
    }

    /// Judges by the log what the clients saw: after every replica's log is read.
    func judgeHistory(_ audit: LogAudit, _ outcome: inout Outcome) {
        guard outcome.verification.offences.isEmpty else {
            outcome.verdict.linearizable = .fails
            return
        }
        if let reason = audit.history?.incomplete {
            outcome.leaveOpen("linearizable", reason)
            return
        }
        progress.detail("  searching an order for the operations of some keys")
        let search = SampledSearch(
            evidence: evidence, values: values, model: KeyModel(isCounter: workload == .counter)
        ).run()
        outcome.verification.searched = Verification.Searched(
            keys: search.keys, operations: search.operations, undecided: search.undecided)
        outcome.verification.offences += search.violations
        outcome.verdict.linearizable = Tristate(search.violations.isEmpty)
    }
}

extension Proof.Outcome {
    /// Says why a part of the verdict is incomplete.
    mutating func leaveOpen(_ part: String, _ reason: String) {
        verification.not_judged.append("\(part): \(reason)")
    }
}

extension Proof.Outcome {
    /// Adds what was found of another object; the traces were judged with the first.
    mutating func add(_ other: Proof.Outcome) {
        let refines = verdict.refines_ado
        verdict.add(other.verdict)
        verdict.refines_ado = refines
        verification.add(other.verification)
        incomplete = incomplete ?? other.incomplete
    }
}

extension Verdict {
    fileprivate mutating func add(_ other: Verdict) {
        acked_lost += other.acked_lost
        duplicated += other.duplicated
        digests_agree = .weakest([digests_agree, other.digests_agree])
        counters_add_up = .weakest([counters_add_up, other.counters_add_up])
        results_match_log = .weakest([results_match_log, other.results_match_log])
        state_matches_log = .weakest([state_matches_log, other.state_matches_log])
        linearizable = .weakest([linearizable, other.linearizable])
    }
}

extension Verification {
    fileprivate mutating func add(_ other: Verification) {
        acknowledged += other.acknowledged
        for log in other.logs { add(log) }
        values_read += other.values_read
        searched.keys += other.searched.keys
        searched.operations += other.searched.operations
        searched.undecided += other.searched.undecided
        for reason in other.not_judged where !not_judged.contains(reason) {
            not_judged.append(reason)
        }
        seconds += other.seconds
        for offence in other.offences where offences.count < 16 { offences.append(offence) }
    }

    private mutating func add(_ log: Log) {
        guard let position = logs.firstIndex(where: { $0.node == log.node }) else {
            logs.append(log)
            return
        }
        logs[position].entries += log.entries
        logs[position].applied += log.applied
        logs[position].suppressed += log.suppressed
        logs[position].offences.merge(log.offences) { $0 + $1 }
    }
}
