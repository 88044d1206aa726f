import Testing

@testable import ADOSimulator

@Suite struct `A topology` {
    /// Which pairs of five nodes reach each other, the leader being node 0.
    static func links(_ topology: Topology) -> Set<[Int]> {
        let lost = Set(topology.lost([0, 1, 2, 3, 4]))
        var links: Set<[Int]> = []
        for from in 0..<5 {
            for to in 0..<5 where from != to && !lost.contains(Fault.Line(from: from, to: to)) {
                links.insert([from, to])
            }
        }
        return links
    }

    static func both(_ pairs: [[Int]]) -> Set<[Int]> { Set(pairs + pairs.map { $0.reversed() }) }

    @Test func `leaves the links that its name says`() {
        #expect(Self.links(.hub) == Self.both([[0, 1], [1, 2], [1, 3], [1, 4]]))
        #expect(Self.links(.constrained) == Self.both([[1, 2], [1, 3], [1, 4]]))
        #expect(Self.links(.chain) == Self.both([[0, 1], [1, 2], [2, 3], [3, 4]]))
        #expect(Self.links(.ring) == Self.both([[0, 1], [1, 2], [2, 3], [3, 4], [0, 4]]))
        #expect(
            Self.links(.bridge)
                == Self.both([[0, 1], [0, 2], [1, 2], [2, 3], [2, 4], [3, 4]]))
        #expect(
            Self.links(.overlapping)
                == Self.both([[0, 1], [0, 2], [1, 2], [1, 4], [2, 4], [3, 4], [0, 3]]))
    }

    @Test func `loses one direction only where the name says so`() {
        let mute = Topology.leaderIsMute.lost([3, 0, 1])
        #expect(Set(mute) == [Fault.Line(from: 3, to: 0), Fault.Line(from: 3, to: 1)])
        let deaf = Topology.leaderIsDeaf.lost([3, 0, 1])
        #expect(Set(deaf) == [Fault.Line(from: 0, to: 3), Fault.Line(from: 1, to: 3)])
        let follower = Topology.followerIsMute.lost([3, 0, 1])
        #expect(Set(follower) == [Fault.Line(from: 0, to: 3), Fault.Line(from: 0, to: 1)])
    }
}
