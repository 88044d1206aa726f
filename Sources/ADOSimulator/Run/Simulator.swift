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
        if let app = options.app { return run(app.application(), options) }
        var plan = Plan(faulty: options.seed)
        plan.plant = options.plant
        let drawn = Schedule.draw(plan, only: options.faults)
        let kept = drawn.filter { options.keep?.contains($0.id) ?? true }
        return run(plan, kept, options)
    }

    func run(_ plan: Plan, _ injections: [Injection], _ options: RunOptions) -> RunResult {
        let simulation = simulation(plan, injections, options)
        let start = simulation.now
        simulation.runThroughTrouble()
        return result(of: simulation, since: start, options)
    }

    func simulation(
        _ plan: Plan, _ injections: [Injection], _ options: RunOptions
    ) -> Simulation {
        var configuration = plan.configuration
        configuration.core = core
        configuration.care = Replica.Care(isThorough: false, isGuarded: true)
        let cluster = Cluster(configuration)
        cluster.trace.keepsAll = options.keepsTrace
        return Simulation(plan, cluster: cluster, injections: injections)
    }

    func result(
        of simulation: Simulation, since start: UInt64, _ options: RunOptions
    ) -> RunResult {
        let cluster = simulation.cluster
        let plan = simulation.plan
        let records =
            options.keepsTrace ? cluster.trace.records[...] : cluster.trace.records.suffix(50)
        return RunResult(
            options: options, violation: cluster.violations.first,
            undecided: cluster.undecided, incomplete: cluster.incomplete, steps: cluster.stepCount,
            simulatedMicroseconds: simulation.now - start, stateHash: cluster.stateHash,
            committed: plan.groups.map(cluster.ledger.committed).reduce(0, +),
            messages: cluster.messages, answered: simulation.guest?.answered ?? 0, plan: "\(plan)",
            faults: simulation.injections.map { ($0.id, "\($0)") },
            begun: simulation.begun, trace: records.map(\.line),
            trees: cluster.violations.isEmpty
                ? "" : cluster.treesWhenStopped ?? cluster.trees(plan.groups))
    }
}
