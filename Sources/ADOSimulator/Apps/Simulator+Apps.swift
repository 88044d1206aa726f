extension Simulator {
    /// Runs an application in the world of one seed, to its end or to the first violation.
    func run(_ application: any Application, _ options: RunOptions) -> RunResult {
        var plan = Plan(faulty: options.seed)
        plan.prepareForApps(groups: application.objects.count)
        let drawn = Schedule.draw(plan, only: options.faults)
        let kept = drawn.filter { options.keep?.contains($0.id) ?? true }
        let simulation = simulation(plan, kept, options)
        simulation.apps = AppLayer(simulation, application)
        let start = simulation.now
        simulation.runApplication()
        return result(of: simulation, since: start, options)
    }
}

extension Plan {
    /// Servers that stay who they are, and two or three clients with a process each.
    mutating func prepareForApps(groups count: Int) {
        var random = Random(seed: seed ^ 0xA995)
        voters = [3, 3, 5][random.below(3)]
        clients = 2 + random.below(UInt64(2))
        groups = Array(1...UInt64(count))
        window = max(window, 4)
        batchesMax = 4096
        trouble = min(trouble, 20 * timeout)
        changes = 0
        rivalry = 0
        founders = nil
        play = nil
        callers = 0
        healsQuorumOnly = false
    }
}

extension Simulation {
    /// Lets processes work in trouble, heals everything, lets them end, and judges what they did.
    func runApplication() {
        guard let apps else { return }
        start()
        after(timeout / 4, .repair)
        after(timeout / 4, .name)
        apps.begin()
        apps.run()
        run(for: plan.trouble)
        apps.calm()
        heal()
        apps.run()
        if runToEnd(apps) {
            apps.launchLast()
            apps.run()
            _ = runToEnd(apps)
        }
        apps.end()
        if cluster.violations.isEmpty { cluster.finishJudging() }
    }

    /// Whether every process comes to its end, now that all is well.
    private func runToEnd(_ apps: AppLayer) -> Bool {
        // A step of a process waits for two seconds, and it has hundreds of tries.
        let bound = 60 * timeout + 120_000_000
        if run(for: bound, until: { apps.isIdle }) { return true }
        if cluster.violations.isEmpty {
            cluster.fail(
                .progress, "a process does not end, \(bound / 1_000_000) s after: \(summary)")
        }
        return false
    }
}
