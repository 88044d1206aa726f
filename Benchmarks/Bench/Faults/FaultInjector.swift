import Glibc
import MultiPaxos

/// Does to the servers what the scenario says, from a third of the measured time on.
struct FaultInjector: Sendable {
    let scenario: Scenario
    let control: Control
    let servers: Servers
    let events: EventLog
    let meter: NodeMeter
    let load: any Load
    let duel: Duel

    /// What was done.
    struct Strike: Sendable {
        var victims: [UInt64]
        var times: StrikeTimes
        var ownerBefore: Control.Ownership
        /// The first server that was seen to own the object instead of the one before.
        var takenOverBy: Control.Ownership?
    }

    private var tools: TroubleTools {
        TroubleTools(
            control: control, servers: servers, events: events, meter: meter, load: load,
            duel: duel)
    }

    /// Does what must be done before the load begins.
    func prepare() async throws(BenchError) {
        guard scenario.trouble == .late else { return }
        try await tools.stopLateServer()
    }

    /// Strikes, waits, and makes everything whole again.
    func run(_ options: RunOptions, _ measured: MeasuredTime) async throws(BenchError) -> Strike? {
        guard scenario.injectsFault else { return nil }
        await sleep(until: measured.at(options.faultAt))
        let strike = try await strike(watchingUntil: measured.end) { _ in
            measured.at(options.recoveryAt)
        }
        for victim in strike.victims { await watchForReturn(of: victim, until: measured.end) }
        return strike
    }

    /// Strikes now, and makes everything whole again at the time that `healing` says, given when
    /// it struck.
    ///
    /// - Parameter watchingUntil: how long a new owner is waited for.
    func strike(
        watchingUntil: UInt64? = nil, healing: @Sendable (UInt64) -> UInt64
    ) async throws(BenchError) -> Strike {
        let statuses = await control.statuses()
        guard let owner = control.owner(in: statuses), control.servers.contains(owner.node) else {
            throw BenchError(
                "no server owned the object when the fault was due: the cluster was not serving.",
                status: .invalid)
        }
        let places = [owner.node] + control.servers.filter { $0 != owner.node }
        let struck = monotonicNow()
        let healing = healing(struck)
        let victims = try await tools.begin(scenario.trouble, places, statuses)
        let done = monotonicNow()
        let watch = Task {
            await watchForOwner(after: owner, until: watchingUntil ?? healing)
        }
        try await tools.keepUp(scenario.trouble, places, until: healing)
        try await tools.end(scenario.trouble, places)
        let recovered = scenario.trouble.endsItself ? done : monotonicNow()
        return Strike(
            victims: victims, times: StrikeTimes(at: struck, recoveredAt: recovered),
            ownerBefore: owner, takenOverBy: await watch.value)
    }

    /// Waits until every server has applied what another had when it was asked, and all agree on
    /// who serves.
    func waitUntilWhole() async throws(BenchError) {
        for node in control.servers { try await tools.waitUntilLevel(node) }
        try await control.waitUntilServing(seconds: 20) { () throws(BenchError) in
            try servers.checkAlive()
        }
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
                events.note("node \(victim) answers, at index \(grouped(view.applied))")
                return
            }
            try? await Task.sleep(for: .milliseconds(25))
        }
    }
}

/// When a fault struck, and when everything was made whole again.
struct StrikeTimes: Sendable, Equatable {
    var at: UInt64
    var recoveredAt: UInt64
}

/// Sleeps until a time of the monotonic clock.
func sleep(until time: UInt64) async {
    let now = monotonicNow()
    guard time > now else { return }
    try? await Task.sleep(for: .nanoseconds(Int64(time - now)))
}
