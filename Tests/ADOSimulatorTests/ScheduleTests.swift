import Testing

@testable import ADOSimulator

@Suite struct `A schedule of faults` {
    @Test func `follows from the seed alone`() {
        for seed in UInt64(1)...30 {
            let first = Schedule.draw(Plan(faulty: seed), only: nil).map(\.description)
            #expect(first == Schedule.draw(Plan(faulty: seed), only: nil).map(\.description))
        }
    }

    @Test func `has every class of faults in some run, and no run has all`() {
        var seen: Set<FaultClass> = []
        for seed in UInt64(1)...300 {
            let plan = Plan(faulty: seed)
            let drawn = Schedule.draw(plan, only: nil)
            seen.formUnion(drawn.map(\.fault.faultClass))
            if let play = plan.play { seen.insert(play) }
            #expect(Set(drawn.map(\.fault.faultClass)).count < FaultClass.allCases.count)
            #expect(
                drawn.map(\.id) == Array(1...max(drawn.count, 1)).prefix(drawn.count).map { $0 })
        }
        #expect(seen == Set(FaultClass.allCases))
    }

    @Test func `keeps the faults of a class when others are left out`() {
        for seed in UInt64(1)...60 {
            let all = Schedule.draw(Plan(faulty: seed), only: nil)
            let crashes = Schedule.draw(Plan(faulty: seed), only: [.crash])
            let left = all.filter { $0.fault.faultClass == .crash }
            #expect(crashes.map(\.at) == left.map(\.at), "seed \(seed)")
        }
    }

    @Test func `damages fewer disks than a quorum can spare`() {
        for seed in UInt64(1)...200 {
            let plan = Plan(faulty: seed)
            var damaged: Set<Int> = []
            for injection in Schedule.draw(plan, only: nil) {
                switch injection.fault {
                case .damage(let place, _, _), .tear(let place, _), .wipe(let place),
                    .rollback(let place):
                    damaged.insert(place)
                default: break
                }
            }
            #expect(damaged.count <= (Int(plan.voters) - 1) / 2, "seed \(seed)")
            #expect(damaged.isEmpty || plan.changes == 0, "seed \(seed)")
        }
    }

    @Test func `tears writes, and runs repair what is left of them`() {
        let torn = (UInt64(1)...200).filter { seed in
            Schedule.draw(Plan(faulty: seed), only: [.damage]).contains {
                if case .tear = $0.fault { true } else { false }
            }
        }
        #expect(torn.count > 5)
        var tornFrames = 0
        for seed in torn.prefix(6) {
            let plan = Plan(faulty: seed)
            let simulation = Simulator().simulation(
                plan, Schedule.draw(plan, only: nil), RunOptions(seed: seed))
            simulation.runThroughTrouble()
            #expect(simulation.cluster.violations.isEmpty, "seed \(seed)")
            tornFrames += simulation.tornFrames
        }
        #expect(tornFrames > 0)
    }

    @Test func `is as bad as the worst of what overlaps, until that ends`() {
        let plan = Plan(faulty: 1)
        let faults: [Fault] = [
            .loss(500), .loss(10), .slowDisk(0, 900), .slowDisk(0, 50), .fullDisk(1), .fullDisk(1),
        ]
        let injections = faults.enumerated().map { number, fault in
            Injection(id: number + 1, at: 0, lasts: 1_000, fault: fault)
        }
        let simulation = Simulation(
            plan, cluster: Cluster(plan.configuration), injections: injections)
        for number in faults.indices { simulation.begin(number) }
        let state = { [simulation] in
            [simulation.network.weather.loss, simulation.stalls[1] ?? 0]
                + [simulation.full.contains(2) ? 1 : 0]
        }
        #expect(state() == [500, 900, 1])
        for number in [0, 2, 4] { simulation.end(number) }
        #expect(state() == [10, 50, 1])
        for number in [1, 3, 5] { simulation.end(number) }
        #expect(state() == [0, 0, 0])
    }

    @Test func `admits no disk anew where others are damaged for good`() {
        var plays = 0
        for seed in UInt64(1)...300 {
            let plan = Plan(faulty: seed)
            let classes = Set(Schedule.draw(plan, only: nil).map(\.fault.faultClass))
            let isDamaged = !classes.isDisjoint(with: [.damage, .wipe])
            #expect(!classes.contains(.renew) || !isDamaged, "seed \(seed)")
            if plan.play == .outlived, classes.contains(.renew) { plays += 1 }
        }
        #expect(plays > 0)
    }
}
