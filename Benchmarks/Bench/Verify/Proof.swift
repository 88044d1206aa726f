import ADO
import MultiPaxos
import Synchronization

/// Proves, or refutes, that nothing acknowledged was lost and nothing was applied twice: waits
/// until every replica has everything, reads the committed log from each, and judges it.
struct Proof<Object: LoadedObject>: Sendable {
    let control: Control
    let evidence: Evidence
    let values: Values
    let workload: Workload
    let plant: Plant?
    let traces: TraceFiles
    /// How many objects the run has.
    var objects = 1
    let progress: Progress

    /// Everything that was found.
    struct Outcome: Sendable {
        var verdict = Verdict()
        var verification = Verification()
        /// Why the evidence is not complete; nil if it is.
        var incomplete: String?

        var isClean: Bool { verification.offences.isEmpty }
    }

    func run(convergence seconds: Double) async -> Outcome {
        let start = monotonicNow()
        var outcome = Outcome()
        outcome.verification.acknowledged = evidence.acknowledged
        var applied: [UInt64: UInt64] = [:]
        var log: [LogBatch] = []
        do {
            let digests = try await converge(seconds: seconds)
            for digest in digests { applied[digest.node] = digest.index }
            judge(digests, &outcome)
            var first: LogAudit?
            for digest in digests {
                let isFirst = first == nil
                let (audit, batches) = try await read(digest, judgesHistory: isFirst)
                report(audit, &outcome)
                guard isFirst else { continue }
                first = audit
                log = batches
            }
            if let first {
                try await compareState(with: first.model, &outcome)
                judgeHistory(first, &outcome)
            }
        } catch {
            outcome.incomplete = error.description
        }
        judgeTraces(log, applied, &outcome)
        outcome.verification.seconds = Double(monotonicNow() - start) / 1e9
        return outcome
    }

    private func judge(_ digests: [ReplicaDigest], _ outcome: inout Outcome) {
        let disagreement = ReplicaDigest.disagreement(digests)
        outcome.verdict.digests_agree = Tristate(disagreement == nil)
        if let disagreement {
            outcome.verification.offences.append("digests differ: \(disagreement)")
        }
    }

    private func report(_ audit: LogAudit, _ outcome: inout Outcome) {
        let findings = audit.findings
        outcome.verification.logs.append(Verification.Log(audit.node, findings))
        outcome.verdict.acked_lost = max(outcome.verdict.acked_lost, findings.count(.lost))
        outcome.verdict.duplicated = max(outcome.verdict.duplicated, findings.count(.duplicated))
        let results = Tristate(findings.count(.wrongResult) == 0)
        if outcome.verdict.results_match_log != .fails {
            outcome.verdict.results_match_log = results
        }
        for offence in findings.offences where outcome.verification.offences.count < 16 {
            outcome.verification.offences.append(
                "\(offence.kind.rawValue) on node \(offence.node): \(offence.detail)")
        }
    }
}

extension Verification.Log {
    init(_ node: UInt64, _ findings: Findings) {
        self.init(
            node: node, entries: findings.entries, applied: findings.applied,
            suppressed: findings.suppressed,
            offences: Dictionary(
                uniqueKeysWithValues: findings.counts.map { ($0.key.rawValue, $0.value) }))
    }
}

// MARK: - Waiting and reading

extension Proof {
    /// Waits until every replica has applied the same, highest index, and stays there.
    private func converge(seconds: Double) async throws(BenchError) -> [ReplicaDigest] {
        var deadline = monotonicNow() + UInt64(seconds * 1e9)
        var best: UInt64 = 0
        while true {
            let statuses = await control.statuses(timeout: .seconds(2))
            let views = statuses.compactMapValues { control.view($0) }
            let top = views.values.map { max($0.tip, $0.commit) }.max() ?? 0
            let applied = views.values.map(\.applied)
            if views.count == control.servers.count, top > 0,
                applied.allSatisfy({ $0 == top }), views.values.allSatisfy({ $0.commit == top })
            {
                return views.map { ReplicaDigest(node: $0, index: $1.applied, digest: $1.digest) }
                    .sorted { $0.node < $1.node }
            }
            // A replica that reads a long log again is slow but not stuck.
            if let lowest = applied.min(), views.count == control.servers.count, lowest > best {
                best = lowest
                deadline = max(deadline, monotonicNow() + 30_000_000_000)
            }
            guard monotonicNow() < deadline else { throw lagging(views, top) }
            progress.detail(
                "  waiting for every replica to reach index \(grouped(top)): "
                    + places(views).joined(separator: ", "))
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    private func lagging(_ views: [UInt64: ObjectStatus], _ top: UInt64) -> BenchError {
        BenchError(
            """
            not every replica reached index \(top) in time: \
            \(places(views).joined(separator: ", ")).
            """, status: .invalid)
    }

    private func places(_ views: [UInt64: ObjectStatus]) -> [String] {
        control.servers.map { server in
            guard let view = views[server] else { return "node \(server) does not answer" }
            return "node \(server) \(grouped(view.applied))"
        }
    }

    /// Reads the committed log of one replica from the start, a few megabytes at a time.
    private func read(
        _ digest: ReplicaDigest, judgesHistory: Bool
    ) async throws(BenchError) -> (LogAudit, [LogBatch]) {
        let (server, last) = (digest.node, digest.index)
        let isPlanted = server == control.servers.last
        let box = Box(
            LogAudit(
                node: server, evidence: evidence,
                model: LogModel(values: values, read: Object.reader),
                plant: isPlanted ? plant.flatMap { PlantedFault($0, in: evidence) } : nil,
                history: judgesHistory ? HistoryCheck(evidence, values) : nil),
            keepsBatches: judgesHistory)
        var patience = 10
        while box.nextIndex <= last {
            let next = box.nextIndex
            do {
                try await control.node.fetch(
                    control.object, from: server, at: next, bytes: 1 << 20
                ) { frame in box.take(frame) }
            } catch {
                // Where judging takes longer than the time of a call, what came was judged.
                if box.nextIndex == next {
                    try await pause(&patience, "the log of node \(server): \(error)")
                }
                continue
            }
            if box.nextIndex == next {
                try await pause(&patience, "node \(server) sent nothing from index \(next) on")
                continue
            }
            progress.detail(
                "  reading the log of node \(server): \(grouped(box.nextIndex - 1)) of "
                    + "\(grouped(last)) entries")
        }
        return box.finish()
    }

    /// Waits before another try; a connection may have been lost and come back.
    private func pause(_ patience: inout Int, _ what: String) async throws(BenchError) {
        guard patience > 0 else {
            throw BenchError("a log cannot be read, after many tries: \(what)", status: .invalid)
        }
        patience -= 1
        try? await Task.sleep(for: .milliseconds(200))
    }
}

/// The audit while the loop thread feeds it.
private final class Box: Sendable {
    private let state: Mutex<(audit: LogAudit, batches: [LogBatch])>
    private let keepsBatches: Bool

    init(_ audit: LogAudit, keepsBatches: Bool) {
        state = Mutex((audit, []))
        self.keepsBatches = keepsBatches
    }

    var nextIndex: UInt64 { state.withLock { $0.audit.nextIndex } }

    func take(_ frame: borrowing LogFrame) {
        let block = frame.entries
        let batch = LogBatch(
            first: frame.first, last: frame.last, ballot: frame.ballot, checksum: frame.checksum)
        state.withLock { state in
            if keepsBatches, batch.first >= state.audit.nextIndex { state.batches.append(batch) }
            state.audit.take(first: batch.first, block: block)
        }
    }

    func finish() -> (LogAudit, [LogBatch]) {
        state.withLock { state in
            state.audit.finish()
            return state
        }
    }
}
