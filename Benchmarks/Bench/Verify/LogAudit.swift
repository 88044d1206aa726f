/// Judges the committed log of one replica, fed in order, against what the generator knows.
///
/// Applied exactly once means: the first entry of a request takes effect, later ones of the same
/// number are answered from the session table. So each acknowledged request must have an entry, the
/// answer must name one of its entries, and its result must be the one that a single application
/// at that place gives. No request may have more entries than times it was submitted.
struct LogAudit {
    let node: UInt64
    private let evidence: Evidence
    private let plant: PlantedFault?
    private(set) var model: LogModel
    /// What the clients saw, judged by this log.
    private(set) var history: HistoryCheck?
    private var seen: [UInt64: Seen] = [:]
    private(set) var findings = Findings()

    /// The index of the entry that is expected next.
    private(set) var nextIndex: UInt64 = 1

    /// The entries of one session that were seen.
    private struct Seen {
        var entries: Bitmap
        var named: Bitmap
        var repeats: [UInt64: Int] = [:]

        init(last: UInt64) {
            entries = Bitmap(count: Int(last) + 1)
            named = Bitmap(count: Int(last) + 1)
        }
    }

    init(
        node: UInt64, evidence: Evidence, model: LogModel, plant: PlantedFault? = nil,
        history: HistoryCheck? = nil
    ) {
        self.node = node
        self.evidence = evidence
        self.model = model
        self.plant = plant
        self.history = history
        for (id, session) in evidence.sessions { seen[id] = Seen(last: session.ledger.last) }
    }

    /// Judges the entries of one batch.
    mutating func take(first: UInt64, block: UnsafeRawBufferPointer) {
        if first > nextIndex {
            offend(.gap, "the log jumps from index \(nextIndex - 1) to \(first)")
        }
        var entries = LogEntries(first: first, block: block)
        while let entry = entries.next() {
            guard entry.index >= nextIndex || first > nextIndex else { continue }
            nextIndex = entry.index + 1
            for _ in 0..<(plant?.copies(of: entry.index) ?? 1) { judge(entry) }
            passed(entry.index)
        }
        if entries.isMalformed {
            offend(.foreign, "the batch from index \(first) ends in the middle of an entry")
        }
    }

    /// Looks for what has not come.
    mutating func finish() {
        history?.finish(nextIndex - 1) { findings.add(Offence(kind: $0, node: node, detail: $1)) }
        for (id, session) in evidence.sessions.sorted(by: { $0.value.client < $1.value.client }) {
            finish(id, session)
        }
    }

    private mutating func passed(_ index: UInt64) {
        history?.passed(index, model) { findings.add(Offence(kind: $0, node: node, detail: $1)) }
    }

    private mutating func judge(_ entry: LogEntry) {
        findings.entries += 1
        switch entry.body {
        case .barrier, .create: break
        case .foreign: offend(.foreign, "entry \(entry.index) is of no known kind")
        case .call(let id, let request, let operation, let method):
            guard let session = evidence.sessions[id] else {
                offend(.foreign, "entry \(entry.index) is of session \(hex(id)), not of this run")
                return
            }
            if operation == .openSession { return }
            guard operation == .method, session.ledger.contains(request) else {
                offend(.foreign, "entry \(entry.index): \(name(session, request)) was not issued")
                return
            }
            judge(entry.index, id, session, request, method)
        }
    }

    private mutating func judge(
        _ index: UInt64, _ id: UInt64, _ session: Evidence.Session, _ request: UInt64,
        _ method: UnsafeRawBufferPointer
    ) {
        let fate = session.ledger.fate(request)
        if fate == .acknowledged(index: index) { _ = seen[id]?.named.insert(request) }
        guard seen[id]?.entries.insert(request) == true else {
            repeated(index, id, session, request)
            return
        }
        if fate == .rejected { return }
        let valueID = Values.id(client: session.client, request: request)
        guard let witness = try? model.apply(valueID, method) else {
            offend(.wrongContent, "entry \(index) is not what \(name(session, request)) asked for")
            return
        }
        findings.applied += 1
        history?.wrote(request, of: session, at: index) {
            findings.add(Offence(kind: $0, node: node, detail: $1))
        }
        if fate == .refused {
            offend(.refusedButDone, "\(name(session, request)) was refused, but is entry \(index)")
        }
        if case .acknowledged = fate, session.ledger.witness(request) != witness {
            offend(.wrongResult, resultText(session, request, index: index, expected: witness))
        }
    }

    private mutating func repeated(
        _ index: UInt64, _ id: UInt64, _ session: Evidence.Session, _ request: UInt64
    ) {
        findings.suppressed += 1
        let count = (seen[id]?.repeats[request] ?? 1) + 1
        seen[id]?.repeats[request] = count
        guard count > session.attempts[request] ?? 1 else { return }
        offend(
            .duplicated,
            "entry \(index) is \(name(session, request)) for the \(count). time, more often than "
                + "it was submitted")
    }

    private mutating func finish(_ id: UInt64, _ session: Evidence.Session) {
        guard let seen = seen[id], session.ledger.last > 0 else { return }
        for request in 1...session.ledger.last {
            guard case .acknowledged(let index) = session.ledger.fate(request) else { continue }
            if !seen.entries[request] {
                offend(.lost, "\(name(session, request)), acknowledged at \(index), is not there")
            } else if !seen.named[request] {
                offend(
                    .wrongIndex,
                    "\(name(session, request)) was acknowledged at \(index), where "
                        + "the log has something else")
            }
        }
    }

    private mutating func offend(_ kind: Offence.Kind, _ detail: String) {
        findings.add(Offence(kind: kind, node: node, detail: detail))
    }
}

private func name(_ session: Evidence.Session, _ request: UInt64) -> String {
    "request \(request) of client \(session.client + 1)"
}

private func resultText(
    _ session: Evidence.Session, _ request: UInt64, index: UInt64, expected: UInt64
) -> String {
    """
    \(name(session, request)), entry \(index), was answered with \
    \(hex(session.ledger.witness(request))) where one application of each entry gives \
    \(hex(expected))
    """
}
