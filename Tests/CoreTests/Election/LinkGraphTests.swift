import CMultiPaxos
import Testing

@testable import ADOSimulator

/// Whoever hears whom: as long as one node and a quorum hear each other, there is progress within
/// 4 T, and soon nobody takes over any more.
@Suite struct `Over link graphs the election` {
    /// Bit `from * voters + to` of `bits` says whether that link is left.
    private func hears(_ bits: UInt64, _ voters: UInt64, _ from: UInt64, _ to: UInt64) -> Bool {
        from == to || bits >> ((from - 1) * voters + (to - 1)) & 1 == 1
    }

    private func hasConnectedNode(_ bits: UInt64, _ voters: UInt64) -> Bool {
        (1...voters).contains { node in
            let both = (1...voters).count {
                hears(bits, voters, node, $0) && hears(bits, voters, $0, node)
            }
            return both > voters / 2
        }
    }

    private func check(_ bits: UInt64, voters: UInt64) {
        let simulation = Simulation.settled(voters: voters, seed: bits &+ 1)
        simulation.leave { hears(bits, voters, $0, $1) }
        let start = simulation.now
        simulation.letPass()
        let graph = Comment(rawValue: "links \(String(bits, radix: 2)) of \(voters)")
        guard hasConnectedNode(bits, voters) else {
            #expect(!simulation.makesProgress(within: 2 * T), graph)
            return
        }
        #expect(simulation.makesProgress(within: 4 * T), graph)
        simulation.runWithCalls(for: 6 * T)
        // Two nodes may try at once; one of them gives way.
        #expect(simulation.takeovers(since: start) <= 4, graph)
        let calm = simulation.now
        simulation.runWithCalls(for: 6 * T)
        #expect(simulation.takeovers(since: calm) == 0, graph)
        #expect(simulation.makesProgress(within: T), graph)
    }

    @Test func `of all directed graphs of three nodes finds a connected node`() {
        var graphs: Set<UInt64> = []
        for links in UInt64(0)..<64 {
            var bits: UInt64 = 0
            let places: [UInt64] = [1, 2, 3, 5, 6, 7]
            for (number, place) in places.enumerated() where links >> UInt64(number) & 1 == 1 {
                bits |= 1 << place
            }
            graphs.insert(bits)
        }
        #expect(graphs.count == 64)
        for bits in graphs.sorted() { check(bits, voters: 3) }
    }

    @Test(arguments: [UInt64(1), 2])
    func `of sampled graphs of five nodes finds a connected node`(seed: UInt64) {
        var random = Random(seed: seed)
        for _ in 0..<25 {
            // Dense and sparse ones, symmetric and not.
            let density = random.within(200...950)
            var bits: UInt64 = 0
            for a in UInt64(1)...5 {
                for b in UInt64(1)...5 where a != b && random.chance(density) {
                    bits |= 1 << ((a - 1) * 5 + (b - 1))
                    if random.chance(700) { bits |= 1 << ((b - 1) * 5 + (a - 1)) }
                }
            }
            check(bits, voters: 5)
        }
    }

    @Test func `of every overlay that the literature names finds a connected node`() {
        let named: [[(UInt64, UInt64)]] = [
            // {S1 S2 S3}, {S2 S3 S5}, {S4 S5}, {S1 S4}
            [(1, 2), (1, 3), (2, 3), (2, 5), (3, 5), (4, 5), (1, 4)],
            // A ring of majorities.
            [(1, 2), (2, 3), (3, 4), (4, 5), (5, 1)],
            // A bridge between two halves.
            [(1, 2), (1, 3), (2, 3), (3, 4), (3, 5), (4, 5)],
        ]
        for pairs in named {
            var bits: UInt64 = 0
            for (a, b) in pairs {
                bits |= 1 << ((a - 1) * 5 + (b - 1)) | 1 << ((b - 1) * 5 + (a - 1))
            }
            check(bits, voters: 5)
        }
    }
}
