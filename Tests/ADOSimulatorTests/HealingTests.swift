import CMultiPaxos
import Testing

@testable import ADOSimulator

/// What is left down when only a quorum is healed, and what may be asked of that quorum.
@Suite struct `A quorum that is healed` {
    /// Three voters, of which node 1 and another one hold a batch that is not committed.
    ///
    /// The copy of the other one is damaged. The third has it only if it is `shared`.
    private func simulation(shared: Bool) throws -> (Simulation, damaged: UInt64, third: UInt64) {
        var plan = Plan(calm: 1, voters: 3)
        plan.healsQuorumOnly = true
        let simulation = Simulation(plan)
        let cluster = simulation.cluster
        simulation.start()
        simulation.run(for: 8 * T) { cluster.ledger.committed(1) > 0 }
        simulation.runWithCalls(for: 4 * T)
        let owner = try #require(cluster.members.first { $0.owns }?.id)
        let damaged = owner == 1 ? 2 : owner
        let third = try #require([2, 3].first { $0 != damaged })

        // Nobody hears the answers, so that nothing more is committed.
        let others = cluster.voters.filter { $0 != owner }
        simulation.cut(others.map { Simulation.Link(from: $0, to: owner) })
        if !shared { simulation.cut([Simulation.Link(from: owner, to: third)]) }
        cluster.invoke(owner, "tail")
        cluster.push(owner)
        simulation.run(for: T / 8)
        let tip = cluster[owner].view().tip
        #expect(cluster[1].disk[1].hard.tip == tip)
        #expect((cluster[third].disk[1].hard.tip == tip) == shared)
        simulation.crash(damaged)
        let last = cluster[damaged].disk[1].frames.frames.count - 1
        #expect(cluster[damaged].damageDisk(1, frame: last))
        cluster.start(damaged)
        #expect(cluster[damaged].view().damaged)
        return (simulation, damaged, third)
    }

    @Test func `counts no voter whose damaged frame only others have`() throws {
        let (simulation, damaged, third) = try simulation(shared: false)
        simulation.heal()
        #expect(simulation.retired.isEmpty)
        simulation.after(T / 4, .repair)
        simulation.requireProgress(within: 16 * T)
        #expect(simulation.cluster.violations.isEmpty, "\(simulation.cluster.violations)")
        #expect(simulation.cluster[damaged].isUp && simulation.cluster[third].isUp)
    }

    @Test func `repairs what one of it has`() throws {
        let (simulation, damaged, _) = try simulation(shared: true)
        simulation.heal()
        #expect(simulation.retired == [1])
        simulation.after(T / 4, .repair)
        simulation.requireProgress(within: 16 * T)
        #expect(simulation.cluster.violations.isEmpty, "\(simulation.cluster.violations)")
        #expect(simulation.cluster[damaged].disk[1].damaged.isEmpty)
    }

    @Test func `makes no progress while its only other copy is down`() throws {
        let (simulation, _, _) = try simulation(shared: false)
        simulation.heal()
        simulation.crash(1)
        simulation.retired = [1]
        simulation.after(T / 4, .repair)
        simulation.requireProgress(within: 16 * T)
        #expect(simulation.cluster.violations.first?.rule == "progress")
    }
}
