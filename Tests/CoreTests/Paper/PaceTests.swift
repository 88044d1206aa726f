import CMultiPaxos
import Testing

@testable import ADOSimulator

/// What a voter that catches up writes is taken from what clients can write.
@Suite struct `The pace of a voter far behind` {
    /// Entries that take a millisecond each at the lowest pace, fetched one at a time.
    private static let size = 16_000

    /// Node 3 has fetched its first entry, and lacks the others.
    private func fetching(behind count: Int = 100) throws -> CoreCluster {
        var configuration = CoreCluster.Configuration()
        configuration.fetchBytes = 1
        let cluster = CoreCluster(configuration)
        cluster.start()
        cluster.settle()
        _ = cluster.pullAndSettle(1)
        cluster.spread(from: 1)
        commit(count, cluster)
        for _ in 0..<80 where !asks(cluster) {
            cluster.timeOut(1)
            cluster.flush(1)
            cluster.deliver { $0.to != 2 }
        }
        try #require(asks(cluster))
        answer(cluster)
        return cluster
    }

    /// Nodes 1 and 2 commit entries that node 3 does not hear of.
    private func commit(_ count: Int, _ cluster: CoreCluster) {
        for number in 0..<count {
            let bytes = [UInt8](repeating: UInt8(number % 256), count: Self.size)
            _ = cluster.invoke(1, Draft([bytes]), group: 1)
            cluster.push(1)
            cluster.settle(among: [1, 2])
        }
    }

    private func asks(_ cluster: CoreCluster) -> Bool {
        cluster.inFlight.contains { $0.is(MP_MESSAGE_FETCH) && $0.from == 3 }
    }

    /// Lets the question of node 3 be answered, which takes a tenth of a millisecond.
    private func answer(_ cluster: CoreCluster) {
        cluster.now += 100
        cluster.deliver(MP_MESSAGE_FETCH, from: 3)
        cluster.deliver(MP_MESSAGE_FRAME, to: 3)
        cluster.deliver(MP_MESSAGE_FETCHED, to: 3)
        cluster.flush(3)
    }

    private func timeToNext(_ cluster: CoreCluster) -> UInt64 {
        let began = cluster.now
        for _ in 0..<20 where !asks(cluster) { cluster.timeOut(3) }
        return cluster.now - began
    }

    @Test func `is the lowest while clients write little`() throws {
        let cluster = try fetching()
        #expect(!asks(cluster))
        for _ in 0..<10 {
            let waited = timeToNext(cluster)
            #expect(asks(cluster))
            #expect((500...1_500).contains(waited), "\(waited) us")
            answer(cluster)
        }
    }

    @Test func `rises with what clients write, and by a quarter more`() throws {
        let cluster = try fetching()
        commit(16, cluster)
        _ = timeToNext(cluster)
        var learned = 2
        while asks(cluster) {
            answer(cluster)
            learned += 1
        }
        // One more than is allowed is asked for, as the answer says how much is; and some at the
        // lowest pace, as time passes.
        #expect((20...25).contains(learned), "\(learned)")
    }

    /// The time in which what was learned at their pace would have been learned at the lowest.
    @Test func `is not held against it once they write less`() throws {
        let cluster = try fetching(behind: 3000)
        for _ in 0..<40 {
            commit(100, cluster)
            _ = timeToNext(cluster)
            while asks(cluster) { answer(cluster) }
        }
        // Four seconds of the lowest pace.
        #expect(cluster[3].view().commit.index > 3000)
        commit(1000, cluster)
        var waits: [UInt64] = []
        for _ in 0..<10 {
            commit(1, cluster)
            waits.append(timeToNext(cluster))
            while asks(cluster) { answer(cluster) }
        }
        #expect(waits.allSatisfy { $0 <= T }, "\(waits)")
    }

    @Test func `has no limit once clients are quiet`() throws {
        let cluster = try fetching()
        let began = cluster.now
        for _ in 0..<200 where cluster.now - began <= T / 2 {
            _ = timeToNext(cluster)
            answer(cluster)
        }
        let quiet = cluster.now
        while asks(cluster) { answer(cluster) }
        #expect(cluster.now == quiet)
        #expect(cluster[3].view().commit.index == cluster.ledger.committed(1))
    }
}
