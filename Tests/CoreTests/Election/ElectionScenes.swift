import CMultiPaxos
import Testing

@testable import ADOSimulator

/// Scenes for the election: who hears whom, and what comes of it.
extension Simulation {
    /// A calm cluster with an elected node that owns and has committed something.
    static func settled(voters: UInt64, seed: UInt64 = 1) -> Simulation {
        let simulation = Simulation.recorded(Plan(calm: seed, voters: voters))
        simulation.start()
        simulation.runWithCalls(for: 6 * T, every: T / 4)
        return simulation
    }

    /// The same, with one follower whose rounds are so much later than those of all others.
    static func outOfStep(voters: UInt64, by delay: UInt64) throws -> Simulation {
        let simulation = Simulation.settled(voters: voters)
        let leader = simulation.leader
        let late = try #require(simulation.cluster.voters.last { $0 != leader })
        simulation.crash(late)
        simulation.run(for: T + delay)
        simulation.restart(late)
        simulation.run(for: 6 * T)
        #expect(simulation.leader == leader)
        return simulation
    }

    /// Stops all nodes, and starts them again, some without the log of group 1.
    func restartAll(lost: Set<UInt64>) {
        for voter in cluster.voters { crash(voter) }
        for voter in cluster.voters {
            cluster.start(voter, lost: lost.contains(voter) ? [1] : [])
        }
    }

    /// Leaves only links, in both directions, between these pairs.
    @discardableResult
    func leave(_ pairs: [(UInt64, UInt64)]) -> Int {
        leave { from, to in pairs.contains { ($0, $1) == (from, to) || ($1, $0) == (from, to) } }
    }

    @discardableResult
    func leave(_ isLeft: (UInt64, UInt64) -> Bool) -> Int {
        var links: [Link] = []
        for from in cluster.voters {
            for to in cluster.voters where from != to && !isLeft(from, to) {
                links.append(Link(from: from, to: to))
            }
        }
        return cut(links)
    }

    /// True if something new is committed within `duration` while calls wait at serving nodes.
    func makesProgress(within duration: UInt64) -> Bool {
        let before = cluster.ledger.committed(1)
        return runWithCalls(for: duration, every: T / 8) { cluster.ledger.committed(1) > before }
    }

    /// Commits that were under way when links were cut do not count as progress.
    func letPass() { run(for: T / 8) }
}
