import Testing

@testable import Bench

/// What a comparison cannot show, as far as the run itself tells.
@Suite struct `What limits a peer` {
    private func process(_ role: String, _ seconds: Double) -> PeerFacts.Process {
        PeerFacts.Process(node: 0, role: role, cpu_s: seconds, cpu_us_op: 0, restarted: false)
    }

    @Test func `is what speaks for the load, where that is busy`() {
        let busy = PeerFacts.limits(
            of: [process("speaker", 5.6), process("owner", 1.8)], overSeconds: 5)
        #expect(busy.count == 1)
        #expect(busy.first?.contains("112 % of a core") == true)
        let idle = [process("speaker", 2), process("owner", 9)]
        #expect(PeerFacts.limits(of: idle, overSeconds: 5).isEmpty)
        #expect(PeerFacts.limits(of: [process("owner", 9)], overSeconds: 5).isEmpty)
    }
}
