import CMultiPaxos
import Testing

@testable import ADOSimulator

/// Networks double and reorder; a message that comes again must change nothing.
@Suite struct `A message that comes again` {
    struct Picture: Equatable {
        var tips: [mp_point] = []
        var commits: [mp_point] = []
        var promises: [mp_ballot] = []
        var roles: [UInt32] = []
        var writes: [UInt64] = []
        var outcomes: [Int] = []

        init(_ cluster: CoreCluster) {
            for member in cluster.members where member.isUp {
                let view = member.view()
                tips.append(view.tip)
                commits.append(view.commit)
                promises.append(view.promised)
                roles.append(view.role.rawValue)
                writes.append(member.lastWrite)
                outcomes.append(member.outcomes.count { $0.kind != MP_OWNER_SEEN })
            }
        }
    }

    /// A run that uses every kind of message, with all packets it delivered.
    private func history() -> (cluster: CoreCluster, packets: [Packet]) {
        var configuration = CoreCluster.Configuration()
        configuration.clients = 1
        configuration.fetchBytes = 100
        let cluster = CoreCluster(configuration)
        let client = cluster.client(1)
        var packets: [Packet] = []
        let record = { (packet: Packet) in
            packets.append(packet)
            return true
        }
        cluster.start()
        cluster.settle(record)
        for (round, owner) in [UInt64(1), client, 2, 3, 1].enumerated() {
            for _ in 0..<4 where !cluster[owner].owns {
                cluster.pull(owner)
                cluster.settle(record)
            }
            cluster.invoke(owner, "\(round)a")
            cluster.invoke(owner, "\(round)b")
            cluster.push(owner)
            cluster.settle { record($0) && $0.to != UInt64(round) }
            cluster.push(owner)
            cluster.confirm(owner)
            cluster.askTips(3)
            for _ in 0..<8 { cluster.timeOut(owner) }
            cluster.settle(record)
        }
        return (cluster, packets)
    }

    @Test func `changes nothing, whatever its kind`() {
        let (cluster, packets) = history()
        for kind in UInt8(1)...14 {
            let isUsed = packets.contains { $0.message.kind == kind }
            #expect(isUsed, "no \(nameOfKind(kind)) in the history")
        }
        #expect(cluster.violations.isEmpty)
        let before = Picture(cluster)
        var random = Random(seed: 5)
        for _ in 0..<2 * packets.count {
            cluster.receiveHonest(packets[random.below(packets.count)])
            for member in cluster.members where member.isUp { cluster.flush(member.id) }
            cluster.take()
            if Picture(cluster) != before { break }
        }
        #expect(Picture(cluster) == before)
    }

    @Test func `and again in any order lets a run end as it would`() {
        for seed in UInt64(1)...10 {
            var random = Random(seed: seed)
            let cluster = CoreCluster(voters: 3)
            cluster.start()
            for round in 0..<3 {
                let owner = UInt64(round % 3 + 1)
                cluster.pull(owner)
                scramble(cluster, &random)
                cluster.invoke(owner, "\(round)")
                cluster.push(owner)
                scramble(cluster, &random)
            }
            cluster.settle()
            #expect(cluster.violations.isEmpty)
            #expect(cluster.own(1) != nil)
            cluster.barrier(1)
            cluster.spread(from: 1)
            #expect(cluster.appliedEverywhere() == cluster.ledger.committed(1))
        }
    }

    /// Delivers everything in flight in a random order, a third of it twice.
    private func scramble(_ cluster: CoreCluster, _ random: inout Random) {
        for _ in 0..<300 where !cluster.inFlight.isEmpty {
            let at = random.below(cluster.inFlight.count)
            let packet = random.chance(300) ? cluster.inFlight[at] : cluster.inFlight.remove(at: at)
            cluster.receiveHonest(packet)
            cluster.flush(UInt64(random.below(3) + 1), count: random.below(3))
        }
    }
}
