import Testing

@testable import ADOSimulator

@Suite struct `A scenario of the fault matrix` {
    /// With one seed, as the code is not optimized here: the checks play more of them.
    @Test(arguments: Scenario.all.map(\.name))
    func `is survived as it requires`(name: String) throws {
        let result = try #require(Simulator().run(scenario: name, seed: 1))
        #expect(result.violation == nil, "\(FailureReport(result).schedule)")
        #expect(result.undecided == nil && result.incomplete == nil)
        #expect(result.committed > 20)
        #expect(!result.faults.isEmpty)
    }

    @Test func `is the same whenever its seed is the same`() {
        for name in ["kill-leader", "swizzle", "rot-entry"] {
            let first = Simulator().run(scenario: name, seed: 5)
            #expect(first?.stateHash == Simulator().run(scenario: name, seed: 5)?.stateHash)
            #expect(first?.stateHash != Simulator().run(scenario: name, seed: 6)?.stateHash)
        }
    }

    @Test func `has a name of its own, and each row one`() {
        let names = Scenario.all.map(\.name)
        #expect(Set(names).count == names.count)
        let rows = Set(Scenario.all.map(\.row))
        #expect(rows == Set(1...20).union(22...26).union([21, 31]))
    }

    @Test func `is not known by another name`() {
        #expect(Simulator().run(scenario: "no-such", seed: 1) == nil)
    }

    @Test func `is repeated by the command that its failure names`() {
        let scenario = Self.scenario([Trouble(.kill(.leader))], [.keepsLeader])
        var options = RunOptions(seed: 9)
        options.scenario = "kill-leader"
        let report = FailureReport(Simulator().play(scenario, options))
        #expect(report.command == "adosim run --seed 9 --scenario kill-leader")
    }

    /// Each demand, in a run that does not meet it.
    @Test(
        arguments: [
            (Demand.serves(within: 0.1), Trouble(.kill(.leader)), "commits after"),
            (.serves(within: 3), Trouble(.kill(.majority)), "commits after"),
            (.neverSilentFor(0.3), Trouble(.kill(.leader)), "nothing for"),
            (.commitsNothing, Trouble(.kill(.follower)), "after the trouble began"),
            (.standsStill(after: 8), Trouble(.rot(.all, .anEntry)), "after the trouble is over"),
            (.keepsPace(percent: 80), Trouble(.pause(.majority)), "commits in each T"),
            (.regainsPace(percent: 200, after: 3), Trouble(.kill(.leader)), "commits in each T"),
            (.keepsLeader, Trouble(.kill(.leader)), "leads after 1 changes"),
            (.changesLeader, Trouble(.kill(.follower)), "leads in the end"),
            (.leaderChanges(atMost: 0), Trouble(.part(.leader)), "changes 1 times, not 0"),
            (
                .endsWithoutStir, Trouble(.lag(.leader, 25_000...25_000), lasts: 0.5...0.5),
                "once the trouble is over"
            ),
            (.saysNoQuorum(within: 1), Trouble(.kill(.majority)), "no quorum after 2"),
            (.saysNoQuorum(within: 2), Trouble(.kill(.follower)), "never says"),
            (.saysFull, Trouble(.kill(.follower)), "does not say that its disk is full"),
            (.noticesDamage, Trouble(.kill(.follower)), "did not notice damage"),
            (.repairs, Trouble(.rot(.all, .theSameEntry)), "are not repaired"),
            (.repairs, Trouble(.rot(.anyone, .hardState)), "are not repaired"),
            (.refusesDisk, Trouble(.kill(.follower)), "are trusted"),
            (.readmits, Trouble(.wipe(.anyone)), "nobody was admitted anew"),
            (.recovers(within: 0.01), Trouble(.kill(.majority)), "commits after"),
            (.evens(within: -1), Trouble(.kill(.all)), "voters are equal after"),
            (.evens(within: 3), Trouble(.rot(.all, .hardState)), "never voters are equal"),
            (
                .answersWaiting(within: 0.001), Trouble(.kill(.majority)),
                "all that wait have an answer"
            ),
            (.tellsEvicted, Trouble(.kill(.follower)), "are told of an eviction"),
            (.answers(atLeast: 1_000_000), Trouble(.kill(.follower)), "answers, not 1000000"),
        ])
    func `fails where it is not survived so`(demand: Demand, trouble: Trouble, text: String) {
        let result = Simulator().play(Self.scenario([trouble], [demand]), RunOptions(seed: 4))
        #expect(result.violation?.rule == "scenario")
        #expect(result.violation?.explanation.contains(text) ?? false, "\(result.violation as Any)")
    }

    /// Without a quorum of answers nobody may be elected; here somebody always is, and serves.
    @Test func `is judged by all rules of a run`() {
        let scenario = Self.scenario([Trouble(.kill(.follower))], [])
        let simulation = Simulator().simulation(
            ScenarioRun.plan(scenario, seed: 1), [], RunOptions(seed: 1))
        ScenarioRun(scenario, simulation).play()
        #expect(simulation.cluster.violations.isEmpty)
        #expect(simulation.calls?.answered ?? 0 > 10)
        #expect(simulation.reads.count > 0)
    }

    /// A driver that takes a wiped disk for its own.
    @Test func `sees that another disk is trusted`() throws {
        let played = try #require(Scenario.named("wipe"))
        let scenario = Self.scenario(played.troubles, [.refusesDisk])
        var plan = ScenarioRun.plan(scenario, seed: 4)
        plan.plant = .wipedVotes
        let simulation = Simulator().simulation(plan, [], RunOptions(seed: 4))
        ScenarioRun(scenario, simulation).play()
        let text = simulation.cluster.violations.first?.explanation ?? "nothing"
        #expect(text.contains("are trusted with another disk"), "\(text)")
    }

    private static func scenario(_ troubles: [Trouble], _ demands: [Demand]) -> Scenario {
        Scenario("made", row: 0, "made for a test", troubles, demands: demands)
    }
}
