import Provenance
import TestSupport
import Testing

/// The search by slices, the rules and the verdicts, against the definition itself: every subset
/// of random traces.
@Suite struct `Every machine` {
    @Test func `kv`() throws { try compare(Draws.kv, seed: 1) }
    @Test func `register`() throws { try compare(Draws.registers, seed: 2) }
    @Test func `boolean`() throws { try compare(Draws.booleans, seed: 3) }
    @Test func `relations`() throws { try compare(Draws.relations, seed: 4) }
    @Test func `lock`() throws { try compare(Draws.locks, seed: 5) }
    @Test func `queue`() throws { try compare(Draws.queues, seed: 6) }
    @Test func `vector`() throws { try compare(Draws.vectors, seed: 7) }
    @Test func `bank`() throws { try compare(Draws.banks, seed: 8) }
    @Test func `votes`() throws { try compare(Draws.votes, seed: 9) }
    @Test func `objectstore`() throws { try compare(Draws.stores, seed: 10) }
    @Test func `filesystem`() throws { try compare(Draws.files, seed: 11) }
    @Test func `coordination`() throws { try compare(Draws.trees, seed: 12) }
    @Test func `loadbalancer`() throws { try compare(Draws.balancers, seed: 13) }
    @Test func `follows`() throws { try compare(Draws.follows, seed: 14) }
    @Test func `stateless`() throws { try compare(Draws.stateless, seed: 15) }
}

/// What the definition says, computed without the code under test: all subsets, one by one.
private struct Definition<M: Machine> {
    let count: Int
    let wat: Set<[Int]>
    let faithful: Set<[Int]>
    let isClosed: [Bool]

    init(_ trace: Trace<M>) {
        count = trace.inputs.count
        let masks = 0..<1 << count
        let output = trace.reply
        let positions = { (mask: Int) in (0..<trace.inputs.count).filter { mask >> $0 & 1 == 1 } }
        let holds = masks.map { trace.reply(after: positions($0).map { $0 + 1 }) == output }
        let isClosed = masks.map { mask in
            masks.allSatisfy { $0 & mask != mask || holds[$0] }
        }
        let real = Self.replies(of: trace, after: Array(0..<trace.inputs.count))
        let isFaithful = masks.map { mask in
            let kept = positions(mask)
            return Self.replies(of: trace, after: kept) == kept.map { real[$0] }
        }
        func minimal(_ isGood: (Int) -> Bool) -> Set<[Int]> {
            let good = masks.filter(isGood)
            let least = good.filter { mask in !good.contains { $0 != mask && $0 & mask == $0 } }
            return Set(least.map { positions($0).map { $0 + 1 } })
        }
        self.isClosed = isClosed
        wat = minimal { isClosed[$0] }
        faithful = minimal { isClosed[$0] && isFaithful[$0] }
    }

    private static func replies(of trace: Trace<M>, after kept: [Int]) -> [M.Output] {
        var machine = trace.start
        return kept.map { machine.step(trace.inputs[$0]) }
    }
}

private func compare<M: TraceMachine>(_ draws: TraceDraws<M>, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let check = RuleCheck(FootprintRule<M>.self)
    let latest = RuleCheck(LatestRule<M>.self)
    for _ in 0..<150 {
        let trace = draws.draw(7, &random)
        let definition = Definition(trace)
        let what = Comment(rawValue: "\(M.object): \(trace.inputs), then \(trace.question)")
        let explainer = Explainer(trace)
        try #require(Set(explainer.why().witnesses) == definition.wat, what)
        try #require(Set(explainer.why(.faithful).witnesses) == definition.faithful, what)
        let one = explainer.why(.latest)
        try #require(definition.wat.contains(one.witnesses[0]), what)
        try #require((one.verdict == .noCause) == one.witnesses[0].isEmpty, what)
        let necessary = definition.wat.reduce(Set(1..<8)) { $0.intersection($1) }
        try #require(Set(one.necessary ?? [0]) == necessary, what)
        try #require(check.faults(on: trace).allSatisfy { $0.fault == .notMinimal }, what)
        try #require(latest.faults(on: trace).isEmpty, what)
        try expectHonest(Explainer(trace, limits: .init(exact: 2, steps: 100)), definition, what)
    }
}

/// With little to spend the answer says less, and what it says still holds.
private func expectHonest<M: Machine>(
    _ explainer: Explainer<M>, _ definition: Definition<M>, _ what: Comment
) throws {
    let answer = explainer.why()
    let mask = answer.witnesses[0].reduce(0) { $0 | 1 << ($1 - 1) }
    switch answer.verdict {
    case .exact: try #require(Set(answer.witnesses) == definition.wat, what)
    case .oneOf: try #require(definition.wat.contains(answer.witnesses[0]), what)
    case .overApproximation: try #require(definition.isClosed[mask], what)
    case .noCause: try #require(definition.wat == [[]], what)
    case .tested: break
    }
}

/// The search for one witness, as a rule, so that it can be checked as one.
private enum LatestRule<M: Machine>: ProvenanceRule {
    static func witness(of trace: Trace<M>) -> [Int] {
        Explainer(trace).why(.latest).witnesses[0]
    }
}
