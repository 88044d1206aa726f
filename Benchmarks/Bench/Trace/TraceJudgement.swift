import ADO
import ADOSpec

/// Judges the traces of all nodes of a run by the model.
struct TraceJudgement: Sendable {
    /// What one node wrote.
    struct Source: Sendable {
        /// The node, as a reader knows it.
        var name: String
        var file: TraceFile
        /// The index through which the node had applied the log; nil if nobody knows.
        var applied: UInt64?
    }

    var sources: [Source]
    /// The committed log; empty if it could not be read.
    var log: [LogBatch]
    /// Only records until this time are judged: those of all nodes up to it are there.
    var until: UInt64
    /// Falsify a commit of this node from this index on.
    var forged: (node: UInt64, index: UInt64)?

    struct Outcome: Sendable {
        var verdict: ADOSpec.Verdict
        var records = 0
        var rebuilt = 0
    }

    func run() -> Outcome {
        let facts = gather()
        let gaps = sources.compactMap { gap(in: $0, facts) }
        let outcome = judge(facts, gaps)
        guard case .violated(let violation) = outcome.verdict, !facts.killed.isEmpty
        else { return outcome }
        // Only what is wrong whatever a killed node could not write any more is certain.
        let reason = "the last records of a killed node are missing, and the log does not give "
        return judge(facts, gaps + [reason + "them back: \(violation.explanation)"])
    }

    private func judge(_ facts: Facts, _ gaps: [String]) -> Outcome {
        var judge = Judge()
        for gap in gaps { judge.noteGap(gap) }
        var outcome = Outcome(verdict: .holds)
        var completion = TraceCompletion(
            log: log, killed: facts.killed, invoked: facts.invoked, pulled: facts.pulled)
        var forged = forged
        for timed in TraceMerge(sources.map(\.file), until: until) {
            outcome.records += 1
            let judged = Self.forge(timed.record, &forged)
            var found: Violation?
            for rebuilt in completion.records(before: judged) where found == nil {
                found = judge.add(rebuilt)
            }
            if found ?? judge.add(judged) != nil { break }
        }
        outcome.rebuilt = completion.count
        outcome.verdict = judge.finish()
        return outcome
    }

    private static func forge(
        _ record: TraceRecord, _ forged: inout (node: UInt64, index: UInt64)?
    ) -> TraceRecord {
        guard let forge = forged, record.kind == .committed, record.node == forge.node,
            record.point.index >= forge.index
        else { return record }
        forged = nil
        var copy = record
        copy.point = LogPoint(
            index: record.point.index, ballot: record.point.ballot,
            checksum: record.point.checksum ^ 1)
        return copy
    }
}

// MARK: - What the files say at large

extension TraceJudgement {
    /// What must be known before the first record is judged.
    private struct Facts {
        /// Nodes of which a process ended without saying so.
        var killed: Set<UInt64> = []
        /// Batches that they were seen to invoke: of others nothing is rebuilt.
        var invoked: Set<UInt64> = []
        var pulled: Set<Ballot> = []
        /// How far each node was seen to commit.
        var committed: [UInt64: UInt64] = [:]
    }

    private func gather() -> Facts {
        var facts = Facts()
        for source in sources {
            for life in source.file.lives.dropLast() where life.ending == .cut {
                facts.killed.insert(life.node)
            }
        }
        for source in sources {
            for life in source.file.lives {
                for timed in source.file.records(of: life) where timed.nanoseconds <= until {
                    note(timed.record, &facts)
                }
            }
        }
        return facts
    }

    private func note(_ record: TraceRecord, _ facts: inout Facts) {
        switch record.kind {
        case .invoked:
            guard facts.killed.contains(record.node) else { return }
            facts.invoked.insert(record.point.checksum)
        case .pulled: facts.pulled.insert(record.ballot)
        case .committed:
            facts.committed[record.node] = max(
                facts.committed[record.node] ?? 0, record.point.index)
        default: return
        }
    }

    /// What is missing in a file that the log cannot give back.
    private func gap(in source: Source, _ facts: Facts) -> String? {
        let (name, lives) = (source.name, source.file.lives)
        if source.file.startsForeign || lives.isEmpty { return "\(name) left no trace" }
        for life in lives {
            switch life.ending {
            case .clean, .cut: continue
            case .limit: return "the trace of \(name) reached its limit: lower --seconds"
            case .writeFailed: return "the trace of \(name) could not be written to its end"
            case .damaged(let offset): return "the trace of \(name) is damaged at \(offset)"
            }
        }
        for (before, after) in zip(lives, lives.dropFirst()) where after.start < before.last {
            return "the clock of \(name) went back between two of its lives"
        }
        guard let applied = source.applied else { return "\(name) does not say what it applied" }
        let seen = lives.compactMap { facts.committed[$0.node] }.max() ?? 0
        guard seen < applied else { return nil }
        return "the trace of \(name) ends at index \(seen) of \(applied)"
    }
}
