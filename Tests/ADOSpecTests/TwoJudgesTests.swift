import ADO
import ADOSpec
import TestSupport
import Testing

/// The model and LiDO were written independently: what one allows, the other must.
@Suite struct `Two judges` {
    /// An event, legal or not, in which the times that a client pulls with rise.
    private static func event(
        _ state: ModelState, _ random: inout some RandomNumberGenerator
    ) -> ModelEvent {
        let node = UInt64.random(in: 1...3, using: &random)
        let last = state.cids[node]?.time.round ?? 0
        let time = Ballot(round: last + .random(in: 1...4, using: &random), node: node)
        let ids = state.caches.keys.sorted() + state.persist.map(\.id) + [.root]
        let id = ids[Int.random(in: 0..<ids.count, using: &random)]
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1: return .pulled(node, time, at: id)
        case 2: return .pullPreempted(node, time)
        case 3: return .invokeFailed(node)
        case 4, 5: return .invoked(node, "m")
        default: return .pushed(node, through: id)
        }
    }

    @Test(arguments: 1...60 as ClosedRange<UInt64>)
    func `agree about random logs`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var model = Interpreter()
        for _ in 0..<150 {
            let event = Self.event(model.state, &random)
            guard model.state.refusal(of: event) == nil else { continue }
            try model.accept(event)
        }
        #expect(model.log.count > 20)
        #expect(LiDO.judge(model.log) == nil)
    }

    @Test func `both reject a log that loses what is committed`() {
        let first = CacheID(time: ballot(1), depth: 1)
        let log: [ModelEvent] = [
            .pulled(1, ballot(1), at: .root), .invoked(1, "a"), .pushed(1, through: first),
            .pulled(2, ballot(2, 2), at: .root),
        ]
        #expect(throws: Violation.self) { try Interpreter.run(log) }
        #expect(LiDO.judge(log) != nil)
    }

    @Test func `both reject a push that another knows nothing of`() {
        let first = CacheID(time: ballot(1), depth: 1)
        let log: [ModelEvent] = [
            .pulled(1, ballot(1), at: .root), .invoked(1, "a"),
            .pulled(2, ballot(2, 2), at: .root), .pushed(1, through: first),
        ]
        #expect(throws: Violation.self) { try Interpreter.run(log) }
        #expect(LiDO.judge(log) != nil)
    }
}
