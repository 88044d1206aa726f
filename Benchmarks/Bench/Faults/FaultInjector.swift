import Glibc
import MultiPaxos

/// Does to the servers what the scenario says, with real signals, at a third of the measured time.
struct FaultInjector: Sendable {
    let scenario: Scenario
    let control: Control
    let servers: Servers
    let events: EventLog
    let meter: NodeMeter

    /// What was done.
    struct Strike: Sendable {
        var victim: UInt64
        var at: UInt64
        var ownerBefore: Control.Ownership
        /// When the victim was started again or resumed.
        var recoveredAt: UInt64
        /// The first server that was seen to own the object instead of the victim.
        var takenOverBy: Control.Ownership?
    }

    /// Strikes, waits, and brings the victim back.
    func run(_ options: RunOptions, _ measured: MeasuredTime) async throws(BenchError) -> Strike? {
        guard scenario.injectsFault else { return nil }
        await sleep(until: measured.at(options.faultAt))
        let statuses = await control.statuses()
        guard let owner = control.owner(in: statuses) else {
            throw BenchError(
                "no server owned the object when the fault was due: the cluster was not serving.",
                status: .invalid)
        }
        let victim = try chooseVictim(owner)
        let struck = try strike(victim, owner: owner.node, statuses[victim])
        let watch = Task { await watchForOwner(after: owner, until: measured.end) }
        await sleep(until: measured.at(options.recoveryAt))
        try recover(victim)
        let recovered = monotonicNow()
        await watchForReturn(of: victim, until: measured.end)
        return Strike(
            victim: victim, at: struck, ownerBefore: owner, recoveredAt: recovered,
            takenOverBy: await watch.value)
    }

    private func chooseVictim(_ owner: Control.Ownership) throws(BenchError) -> UInt64 {
        guard scenario == .killFollower else {
            guard control.servers.contains(owner.node) else {
                throw BenchError("the owner is no server of this cluster.", status: .invalid)
            }
            return owner.node
        }
        guard let follower = control.servers.first(where: { $0 != owner.node }) else {
            throw BenchError("there is no follower to kill.", status: .invalid)
        }
        return follower
    }

    private func strike(
        _ victim: UInt64, owner: UInt64, _ status: NodeStatus?
    ) throws(BenchError) -> UInt64 {
        let role = victim == owner ? "owner" : "follower"
        let pid = try servers.pid(victim)
        if scenario != .pauseOwner { meter.end(victim, status, cpu: cpuSeconds(of: pid)) }
        let now = monotonicNow()
        kill(pid, scenario == .pauseOwner ? SIGSTOP : SIGKILL)
        let verb = scenario == .pauseOwner ? "SIGSTOP" : "SIGKILL"
        events.note("\(verb) to node \(victim), the \(role)", at: now)
        return now
    }

    private func recover(_ victim: UInt64) throws(BenchError) {
        if scenario == .pauseOwner {
            kill(try servers.pid(victim), SIGCONT)
            events.note("SIGCONT to node \(victim)")
            return
        }
        try servers.restart(victim)
        events.note("node \(victim) is started again")
    }

    private func watchForOwner(
        after old: Control.Ownership, until end: UInt64
    ) async -> Control.Ownership? {
        guard scenario.expectsNewOwner else { return nil }
        while monotonicNow() < end {
            let statuses = await control.statuses(timeout: .milliseconds(100))
            if let owner = control.owner(in: statuses), owner.node != old.node {
                events.note("node \(owner.node) owns the object, ballot \(owner.ballot)")
                return owner
            }
            try? await Task.sleep(for: .milliseconds(25))
        }
        return nil
    }

    private func watchForReturn(of victim: UInt64, until end: UInt64) async {
        while monotonicNow() < end {
            if let status = try? await control.node.status(of: victim, timeout: .milliseconds(200)),
                let view = control.view(status), view.applied > 0
            {
                events.note("node \(victim) answers again, at index \(grouped(view.applied))")
                return
            }
            try? await Task.sleep(for: .milliseconds(25))
        }
    }
}

/// Sleeps until a time of the monotonic clock.
func sleep(until time: UInt64) async {
    let now = monotonicNow()
    guard time > now else { return }
    try? await Task.sleep(for: .nanoseconds(Int64(time - now)))
}
