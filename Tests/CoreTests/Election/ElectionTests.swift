import CMultiPaxos
import Testing

@testable import ADOSimulator

/// FAULTS.md, rows 8 to 10 and 16, and MODEL.md, section 6: the serving node is elected by quorum
/// connectivity alone.
@Suite struct `The election` {
    @Test(arguments: [UInt64(1), 2, 3, 5, 7, 9])
    func `agrees on one node that makes progress`(voters: UInt64) {
        let simulation = Simulation.settled(voters: voters)
        let leader = simulation.leader
        #expect(leader != 0)
        for voter in simulation.cluster.voters {
            #expect(simulation.cluster[voter].serving == leader)
        }
        #expect(simulation.makesProgress(within: T))
    }

    @Test(arguments: [UInt64(3), 5])
    func `lets another serve within 4 T of the death of the elected`(voters: UInt64) {
        let simulation = Simulation.settled(voters: voters)
        let leader = simulation.leader
        simulation.crash(leader)
        let start = simulation.now
        #expect(simulation.makesProgress(within: 4 * T))
        #expect(simulation.now - start <= 4 * T)
        #expect(simulation.leader != leader)
    }

    /// The news of the election must not wait until the next question of those who miss it.
    ///
    /// A node that is parted, and so closes no connection, is missed by all others in the same
    /// round, each at a time of its own.
    @Test(arguments: [UInt64(3), 5])
    func `changes hands once where the elected is parted`(voters: UInt64) throws {
        for part in 1..<UInt64(4) {
            let simulation = try Simulation.outOfStep(voters: voters, by: part * T / 16)
            let leader = simulation.leader
            let start = simulation.now
            simulation.leave { $0 != leader && $1 != leader }
            simulation.run(for: 4 * T)
            #expect(simulation.leader != leader && simulation.leader != 0)
            #expect(simulation.takeovers(since: start) == 1, "\(voters), \(part)")
        }
    }

    /// The answers of the elected count for T, and the next judgement is at most T/4 later.
    @Test(arguments: 1..<UInt64(8))
    func `changes hands as soon as all have missed the elected`(part: UInt64) throws {
        let simulation = try Simulation.outOfStep(voters: 3, by: part * T / 32)
        let leader = simulation.leader
        let start = simulation.now
        simulation.leave { $0 != leader && $1 != leader }
        let others = simulation.cluster.voters.filter { $0 != leader }
        while others.allSatisfy({ simulation.cluster[$0].serving != $0 }) {
            simulation.run(for: T / 64)
        }
        #expect(simulation.now - start <= T + T / 4 + T / 32, "\(simulation.now - start)")
    }

    /// FAULTS.md, row 22: as if it were dead.
    ///
    /// A group is pulled by the serving node alone.
    @Test(arguments: [UInt64(1), 2, 3])
    func `passes by a node that lost a log`(node: UInt64) {
        let simulation = Simulation.settled(voters: 3)
        simulation.restartAll(lost: [node])
        #expect(simulation.makesProgress(within: 8 * T))
        #expect(simulation.leader != node)
    }

    @Test func `takes a node that lost a log where no other is`() {
        let simulation = Simulation.settled(voters: 3)
        simulation.restartAll(lost: [1, 2, 3])
        simulation.run(for: 4 * T)
        #expect(simulation.leader != 0)
    }

    /// No connection closes, so that only the answers tell that it is back.
    @Test func `tells who is heard again at once what it missed`() {
        let simulation = Simulation.settled(voters: 3)
        let cluster = simulation.cluster
        let owner = simulation.leader
        let parted: UInt64 = owner == 1 ? 2 : 1
        let cut = simulation.leave { $0 != parted && $1 != parted }
        simulation.runWithCalls(for: 40 * T)
        simulation.letPass()
        let missed = cluster.ledger.committed(1)
        #expect(cluster[parted].applied[1] ?? 0 < missed)
        // The others push nothing more, which would show the gap.
        simulation.cuts[cut] = nil
        simulation.run(for: T / 2)
        #expect(simulation.leader == owner)
        #expect(cluster[parted].applied[1] == missed)
    }

    @Test func `survives the loss of every link but those of a hub`() {
        let simulation = Simulation.settled(voters: 5)
        let hub: UInt64 = simulation.leader == 1 ? 2 : 1
        let start = simulation.now
        simulation.leave(simulation.cluster.voters.map { (hub, $0) })
        simulation.letPass()
        #expect(simulation.makesProgress(within: 4 * T))
        simulation.runWithCalls(for: 10 * T)
        #expect(simulation.cluster[hub].serving == hub)
        #expect(simulation.takeovers(since: start) <= 2)
        #expect(simulation.makesProgress(within: T))
    }

    @Test func `survives when only a node with an old log is connected to a quorum`() {
        let simulation = Simulation.settled(voters: 5)
        let owner = simulation.leader
        let behind = simulation.cluster.voters.first { $0 != owner } ?? 0
        let early = simulation.leave { $0 != behind && $1 != behind }
        #expect(simulation.makesProgress(within: T))
        let tip = simulation.cluster[behind].view().tip.index
        #expect(simulation.cluster.ledger.committed(1) > tip)
        simulation.cuts[early] = nil

        let others = simulation.cluster.voters.filter { $0 != owner }
        simulation.leave(others.map { (behind, $0) })
        simulation.letPass()
        #expect(simulation.makesProgress(within: 4 * T))
        simulation.run(for: T)
        #expect(simulation.leader == behind)
    }

    @Test func `is stable along a chain`() {
        let simulation = Simulation.settled(voters: 3)
        let owner = simulation.leader
        let others = simulation.cluster.voters.filter { $0 != owner }
        let start = simulation.now
        // One sees both; the other does not see the owner. They must not depose each other.
        simulation.leave([(owner, others[0]), (others[0], others[1])])
        simulation.letPass()
        #expect(simulation.makesProgress(within: 4 * T))
        simulation.runWithCalls(for: 20 * T)
        #expect(simulation.takeovers(since: start) <= 2)
        #expect(simulation.makesProgress(within: T))
    }

    /// If a follower were happy because another says that the leader is, two of them would keep
    /// each other happy after the leader's death.
    @Test func `does not believe rumours of a leader`() {
        let simulation = Simulation.settled(voters: 3)
        let owner = simulation.leader
        let others = simulation.cluster.voters.filter { $0 != owner }
        simulation.leave([(owner, others[0]), (others[0], others[1])])
        simulation.run(for: 4 * T)
        simulation.crash(simulation.leader == 0 ? owner : simulation.leader)
        simulation.cuts = [:]
        #expect(simulation.makesProgress(within: 4 * T))
    }

    @Test func `hands over when the disk of the elected stalls`() {
        for isFull in [false, true] {
            let simulation = Simulation.settled(voters: 3)
            let leader = simulation.leader
            simulation.stalls[leader] = 100 * T
            simulation.cluster.setDisk(leader, stall: T + 1, full: isFull)
            simulation.runWithCalls(for: 4 * T)
            #expect(simulation.leader != leader && simulation.leader != 0)
            #expect(simulation.cluster[leader].serving != leader)
            #expect(simulation.makesProgress(within: T))
            #expect(simulation.cluster[simulation.leader].owns)
        }
    }

    /// The owner that is ready answers reads yet; a new one could commit nothing to become ready.
    @Test func `leaves an object to its owner when too few disks have room`() {
        let simulation = Simulation.settled(voters: 3)
        let leader = simulation.leader
        let follower = simulation.cluster.voters.first { $0 != leader } ?? 0
        for full in [follower, leader] { simulation.cluster.setDisk(full, stall: 0, full: true) }
        let start = simulation.now
        simulation.run(for: 8 * T)
        #expect(simulation.takeovers(since: start) == 0)
        #expect(simulation.leader == 0)
        #expect(simulation.cluster[leader].owns)
        simulation.cluster.setDisk(follower, stall: 0, full: false)
        #expect(simulation.makesProgress(within: 4 * T))
    }

    @Test func `does not hand over for a stall shorter than T`() {
        let simulation = Simulation.settled(voters: 3)
        let leader = simulation.leader
        simulation.cluster.setDisk(leader, stall: T)
        simulation.run(for: 8 * T)
        #expect(simulation.leader == leader)
    }

    @Test func `gives a restarted node a low rank`() {
        let simulation = Simulation.settled(voters: 3)
        let leader = simulation.leader
        for voter in simulation.cluster.voters where voter != leader {
            simulation.crash(voter)
            simulation.run(for: T)
            simulation.restart(voter)
            let start = simulation.now
            simulation.run(for: 6 * T)
            #expect(simulation.leader == leader)
            #expect(simulation.takeovers(since: start) == 0)
        }
        simulation.crash(leader)
        simulation.run(for: 4 * T)
        let next = simulation.leader
        #expect(next != 0 && next != leader)
        simulation.restart(leader)
        simulation.run(for: 6 * T)
        #expect(simulation.leader == next)
    }

    @Test func `is not disturbed by a node that comes back from isolation`() {
        for voters in [UInt64(3), 5] {
            let simulation = Simulation.settled(voters: voters)
            let leader = simulation.leader
            let lonely = simulation.cluster.voters.first { $0 != leader } ?? 0
            let cut = simulation.leave { $0 != lonely && $1 != lonely }
            simulation.run(for: 10 * T)
            let start = simulation.now
            simulation.cuts[cut] = nil
            #expect(simulation.makesProgress(within: T / 4))
            simulation.run(for: 6 * T)
            #expect(simulation.leader == leader)
            #expect(simulation.takeovers(since: start) == 0)
        }
    }

    @Test func `is not disturbed by a connection that flaps`() {
        let simulation = Simulation.settled(voters: 5)
        let leader = simulation.leader
        let flapping = simulation.cluster.voters.first { $0 != leader } ?? 0
        let start = simulation.now
        for _ in 0..<5 {
            for _ in 0..<6 {
                simulation.cluster.setReachable(flapping, false, at: leader)
                simulation.cluster.setReachable(flapping, true, at: leader)
                simulation.run(for: 50)
            }
            simulation.run(for: 2 * T)
            #expect(simulation.cluster[leader].serving == leader)
        }
        #expect(simulation.takeovers(since: start) == 0)
        #expect(simulation.leader == leader)
    }

    @Test func `is not disturbed by a follower that loses the elected for a moment`() {
        let simulation = Simulation.settled(voters: 5)
        let leader = simulation.leader
        let follower = simulation.cluster.voters.first { $0 != leader } ?? 0
        let start = simulation.now
        for _ in 0..<6 {
            simulation.cluster.setReachable(leader, false, at: follower)
            simulation.cluster.setReachable(leader, true, at: follower)
            simulation.run(for: 50)
        }
        simulation.run(for: 4 * T)
        #expect(simulation.takeovers(since: start) == 0)
        #expect(simulation.cluster[follower].serving == leader)
    }

    @Test func `elects nobody without a quorum`() {
        let simulation = Simulation.settled(voters: 5)
        let start = simulation.now
        simulation.leave([(1, 2), (3, 4)])
        simulation.run(for: 10 * T)
        for voter in simulation.cluster.voters { #expect(simulation.cluster[voter].serving == 0) }
        #expect(simulation.takeovers(since: start) == 0)
    }

    @Test func `is left alone by clients`() {
        var plan = Plan(calm: 3, voters: 3)
        plan.clients = 1
        let simulation = Simulation.recorded(plan)
        simulation.start()
        simulation.runWithCalls(for: 6 * T)
        let leader = simulation.leader
        let start = simulation.now
        let client = simulation.cluster.client(1)
        for _ in 0..<4 where !simulation.cluster[client].owns {
            simulation.cluster.pull(client)
            simulation.run(for: 2 * T)
        }
        #expect(simulation.cluster[client].owns)
        #expect(simulation.leader == leader)
        #expect(simulation.takeovers(since: start) == 0)
    }
}
