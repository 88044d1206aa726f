import ADO
import ADOSpec

/// Short ways to write down records: the checksum of a batch is made from its name.
func ballot(_ round: UInt64, _ node: UInt64 = 1) -> Ballot { Ballot(round: round, node: node) }

func point(_ index: UInt64, _ ballot: Ballot, _ name: Character = "x") -> LogPoint {
    let letter = UInt64(name.unicodeScalars.first?.value ?? 0)
    return LogPoint(index: index, ballot: ballot, checksum: letter << 32 | index)
}

extension TraceRecord {
    init(_ kind: TraceKind, _ node: UInt64, _ ballot: Ballot, _ point: LogPoint = .root) {
        self.init(kind, node: node, group: 1, ballot: ballot, by: ballot, point: point)
    }
}

/// A run that goes well: `batches` of node 1, then as many of node 2, who took over.
func goodRun(batches: UInt64 = 3) -> [TraceRecord] {
    var run: [TraceRecord] = []
    var tip = LogPoint.root
    for owner in [UInt64(1), 2] {
        let own = ballot(owner, owner)
        run.append(TraceRecord(.preparing, owner, own, tip))
        for node in 1...3 as ClosedRange<UInt64> {
            run.append(TraceRecord(.promised, node, own, tip))
        }
        run.append(TraceRecord(.pulled, owner, own, tip))
        for _ in 0..<batches {
            tip = point(tip.index + 1, own)
            run.append(TraceRecord(.invoked, owner, own, tip))
            run.append(TraceRecord(.pushed, owner, own, tip))
            let others = [UInt64(1), 2, 3].filter { $0 != owner }
            run += others.map { TraceRecord(.accepted, $0, own, tip) }
            run += ([owner] + others).map { TraceRecord(.committed, $0, own, tip) }
        }
    }
    return run
}

/// The first violation that a checker finds.
func firstViolation(
    _ records: [TraceRecord], _ add: (TraceRecord) -> Violation?
) -> Violation? {
    for record in records {
        if let violation = add(record) { return violation }
    }
    return nil
}
