import ADO
import ADOSpec
import TestSupport
import Testing

/// Proposers without a protocol: each does what it likes, and the trace tells of it.
private struct Anarchy {
    var random: SeededGenerator
    /// How likely it is that a pull looks at the newest batch, as the protocol would.
    let sanity: Int
    private var rounds: [UInt64: UInt64] = [:]
    private var tips: [UInt64: (ballot: Ballot, point: LogPoint, owns: Bool)] = [:]
    private var points: [LogPoint] = [.root]
    private var committed: [UInt64: UInt64] = [:]

    init(seed: UInt64, sanity: Int) {
        random = SeededGenerator(seed: seed)
        self.sanity = sanity
    }

    private mutating func draw(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

    mutating func next() -> TraceRecord? {
        let node = UInt64(draw(3) + 1)
        switch draw(10) {
        case 0: return pull(node)
        case 1...4: return invoke(node)
        case 5...8: return commit(node)
        default:
            guard let tip = tips[node], tip.owns else { return nil }
            tips[node] = nil
            return TraceRecord(.preempted, node, tip.ballot)
        }
    }

    private mutating func pull(_ node: UInt64) -> TraceRecord? {
        rounds[node, default: 0] += UInt64(draw(4) + 1)
        let ballot = ballot(rounds[node] ?? 0, node)
        let older = points.filter { $0.ballot < ballot }
        guard let newest = older.max(by: { ($0.ballot, $0.index) < ($1.ballot, $1.index) })
        else { return nil }
        let point = draw(sanity) > 0 ? newest : older[draw(older.count)]
        tips[node] = (ballot, point, true)
        return TraceRecord(.pulled, node, ballot, point)
    }

    private mutating func invoke(_ node: UInt64) -> TraceRecord? {
        guard let tip = tips[node] else { return nil }
        let point = point(tip.point.index + 1, tip.ballot)
        points.append(point)
        tips[node]?.point = point
        return TraceRecord(.invoked, node, tip.ballot, point)
    }

    private mutating func commit(_ node: UInt64) -> TraceRecord? {
        guard let tip = tips[node], tip.point.ballot == tip.ballot,
            committed[node] ?? 0 < tip.point.index
        else { return nil }
        committed[node] = tip.point.index
        return TraceRecord(.committed, node, tip.ballot, tip.point)
    }
}

@Suite struct `Random traces` {
    /// Whether both refuse, or both accept.
    private static func judge(_ run: [TraceRecord]) -> (lido: Bool, refinement: Bool) {
        var lido = LiDOChecker()
        var refinement = Refinement(window: 1000)
        let first = firstViolation(run) { lido.add($0) }
        let second = firstViolation(run) { refinement.add($0) } ?? refinement.finish()
        if (first == nil) != (second == nil) {
            Issue.record("\(first as Any)\n\(second as Any)\n\(run.map(\.description))")
        }
        return (first == nil, second == nil)
    }

    @Test func `are judged alike by LiDO and by the model`() {
        var accepted = 0
        for seed in 1...3000 as ClosedRange<UInt64> {
            var anarchy = Anarchy(seed: seed, sanity: seed % 3 == 0 ? 2 : 20)
            let run = (0..<30).compactMap { _ in anarchy.next() }
            if Self.judge(run).lido { accepted += 1 }
        }
        #expect((300...2700).contains(accepted))
    }

    @Test func `of any kind are judged without a trap`() {
        var random = SeededGenerator(seed: 5)
        func draw(_ count: UInt64) -> UInt64 { .random(in: 0..<count, using: &random) }
        func anyBallot() -> Ballot {
            Ballot(round: draw(9) == 0 ? .max : draw(4), node: draw(4))
        }
        for _ in 0..<300 {
            var lido = LiDOChecker()
            var agreement = Agreement()
            var promises = Promises()
            var ownership = Ownership()
            var refinement = Refinement(window: 8)
            var judge = Judge()
            judge.noteGap("anything may be missing")
            for _ in 0..<60 {
                let kind = TraceKind.allCases[Int(draw(UInt64(TraceKind.allCases.count)))]
                let point = LogPoint(
                    index: draw(9) == 0 ? .max : draw(4), ballot: anyBallot(), checksum: draw(3))
                let record = TraceRecord(
                    kind, time: draw(9), node: draw(4), group: draw(3), peer: draw(4),
                    ballot: anyBallot(), by: anyBallot(), point: point)
                _ = lido.add(record)
                _ = agreement.add(record)
                _ = promises.add(record)
                _ = ownership.add(record)
                _ = refinement.add(record)
                _ = judge.add(record)
            }
            _ = refinement.finish()
            #expect(judge.finish() != .holds)
        }
    }
}
