import Testing

@testable import Bench

@Suite struct `Keys` {
    private func shares(_ count: Int, of draws: Int) -> [Double] {
        let zipfian = Zipfian(count: count)
        var hits = [Int](repeating: 0, count: count)
        for draw in 0..<draws { hits[zipfian.rank(of: mixed(UInt64(draw)))] += 1 }
        return hits.map { Double($0) / Double(draws) }
    }

    @Test func `of a Zipfian load are used in proportion to their rank`() {
        let found = shares(1000, of: 400_000)
        var weights: [Double] = []
        for rank in 1...1000 { weights.append(1 / Double(rank)) }
        // With an exponent of 0.99 the shares are near those of 1 / rank.
        let sum = weights.reduce(0, +)
        #expect(abs(found[0] - weights[0] / sum) < 0.01)
        #expect(abs(found[1] - weights[1] / sum) < 0.01)
        #expect(found[0..<100].reduce(0, +) > 0.6)
        #expect(found[900...].allSatisfy { $0 > 0 })
        #expect(found[0] > found[10] && found[10] > found[100])
    }

    @Test(arguments: [1, 2, 3]) func `of a Zipfian load may be few`(_ count: Int) {
        let found = shares(count, of: 10_000)
        #expect(abs(found.reduce(0, +) - 1) < 1e-9)
        #expect(found.allSatisfy { $0 > 0 })
    }

    @Test func `of requests are the same each time they are asked for`() {
        let values = Values(keys: 100, valueBytes: 20, distribution: .zipfian)
        let again = Values(keys: 100, valueBytes: 20, distribution: .zipfian)
        let ids = (1...1000).map { Values.id(client: 1, request: $0) }
        #expect(ids.map(values.keyIndex) == ids.map(again.keyIndex))
        let even = Values(keys: 100, valueBytes: 20)
        #expect(ids.count { values.keyIndex(of: $0) == 0 } > 150)
        #expect(ids.count { even.keyIndex(of: $0) == 0 } < 30)
    }

    @Test func `that are read must have been written, each of them`() {
        let values = Values(keys: 50, valueBytes: 20, preload: 50, distribution: .zipfian)
        let written = (1...50).map { values.keyIndex(of: Values.id(client: 0, request: $0)) }
        #expect(Set(written).count == 50)
    }
}

@Suite struct `The workloads of YCSB` {
    @Test func `mix reads and writes as it does, over Zipfian keys`() {
        let mixes = [Workload.ycsbA, .ycsbB, .ycsbC].map(\.writesPercent)
        #expect(mixes == [50, 5, 0])
        for workload in [Workload.ycsbA, .ycsbB, .ycsbC] {
            #expect(workload.distribution == .zipfian && workload.needsPreload)
            #expect(!workload.isApp)
        }
        #expect(Workload.set.distribution == .uniform)
    }
}
