internal import ADOSpec

/// A row of the fault matrix that can be played.
public struct ScenarioSummary: Sendable {
    /// What `adosim run --scenario` calls it.
    public let name: String

    /// The row of docs/internals/fault-matrix.md.
    public let row: Int

    /// What happens, in a few words.
    public let summary: String

    /// Everything that it requires beyond safety; times are in election timeouts.
    public let demands: [String]
}

extension Simulator {
    /// All scenarios, in the order of their rows.
    public static let scenarios = Scenario.all.map {
        ScenarioSummary(
            name: $0.name, row: $0.row, summary: $0.summary, demands: $0.demands.map { "\($0)" })
    }

    /// Plays a scenario in one run.
    ///
    /// - Returns: What came of it; nil if there is no scenario of that name.
    public func run(scenario name: String, seed: UInt64, keepsTrace: Bool = false) -> RunResult? {
        guard let scenario = Scenario.named(name) else { return nil }
        var options = RunOptions(seed: seed)
        options.scenario = name
        options.keepsTrace = keepsTrace
        return play(scenario, options)
    }

    func play(_ scenario: Scenario, _ options: RunOptions) -> RunResult {
        let plan = ScenarioRun.plan(scenario, seed: options.seed)
        let simulation = simulation(plan, [], options)
        let start = simulation.now
        ScenarioRun(scenario, simulation).play()
        return result(of: simulation, since: start, options)
    }
}
