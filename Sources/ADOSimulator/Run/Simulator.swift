internal import CStepGuard

/// Runs the protocol core in simulated worlds.
public struct Simulator: Sendable {
    private let core: CoreLibrary

    /// Makes a simulator of the core that is linked in.
    public init() {
        core = .linked
        step_guard_install()
    }

    /// Makes a simulator of another build of the core, which is a shared library.
    public init(corePath: String) throws(CoreLoadFailure) {
        core = try .load(path: corePath)
        step_guard_install()
    }

    /// Runs one seed to its end, or to the first violation.
    public func run(_ options: RunOptions) -> RunResult {
        let plan = Plan(faulty: options.seed)
        var configuration = plan.configuration
        configuration.core = core
        configuration.care = Replica.Care(isThorough: false, isGuarded: true)
        let simulation = Simulation(plan, cluster: Cluster(configuration))
        let start = simulation.now
        simulation.runThroughTrouble()
        let cluster = simulation.cluster
        return RunResult(
            seed: options.seed, violation: cluster.violations.first, steps: cluster.stepCount,
            simulatedMicroseconds: simulation.now - start, stateHash: cluster.stateHash,
            plan: "\(plan)", trace: cluster.trace.records.suffix(50).map(\.line))
    }
}
