/// What came of running a DApp under all choices of an adversary.
public struct Exploration: Sendable {
    /// How many runs there were.
    public private(set) var runs = 0

    /// Whether all were run that there are.
    public private(set) var isComplete = false

    /// The choices of the first run that went wrong, and what was wrong with it.
    public private(set) var failure: (choices: [Int], violation: Violation)?

    /// Runs `dapp` under every sequence of choices, one after the other.
    ///
    /// The adversary has `depth` choices in a run, of which `unkind` may be other than the kindest;
    /// then it is kind. A run ends the exploration if `dapp` throws what went wrong, or if what the
    /// player did is not a legal log. `make` makes the player of a run.
    public static func explore(
        depth: Int, unkind: Int = .max, runsMax: Int = 1_000_000,
        make: (Choices) -> OraclePlayer = { OraclePlayer($0) },
        _ dapp: (OraclePlayer) async throws(Violation) -> Void
    ) async -> Exploration {
        var exploration = Exploration()
        var plan: [Int]? = []
        while let next = plan, exploration.runs < runsMax {
            let player = make(Choices(plan: next, lengthMax: depth, unkindMax: unkind))
            exploration.runs += 1
            do throws(Violation) {
                try await dapp(player)
                try player.check()
            } catch {
                exploration.failure = (player.choices.made.map(\.taken), error)
                return exploration
            }
            plan = player.choices.nextPlan
        }
        exploration.isComplete = plan == nil
        return exploration
    }
}
