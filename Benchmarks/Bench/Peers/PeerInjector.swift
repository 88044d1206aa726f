import Glibc

/// Does to the servers of a peer what the scenario says, at the times at which it is done to ours.
struct PeerInjector: Sendable {
    let scenario: Scenario
    let servers: PeerServers
    let load: any Load
    let events: EventLog
    let meter: PeerMeter

    /// What was done.
    struct Strike: Sendable {
        var times: StrikeTimes
        var ownerBefore: PeerServers.Leader
        /// The first server that was seen to lead instead of the one before.
        var takenOverBy: PeerServers.Leader?
    }

    /// Strikes, waits, and makes everything whole again.
    func run(_ options: RunOptions, _ measured: MeasuredTime) async throws(BenchError) -> Strike? {
        guard scenario.injectsFault else { return nil }
        await sleep(until: measured.at(options.faultAt))
        guard let owner = await servers.leader() else {
            throw BenchError(
                "no server led when the fault was due: the peer was not serving.", status: .invalid)
        }
        let places = [owner.node] + servers.nodes.filter { $0 != owner.node }
        let struck = monotonicNow()
        try await begin(places)
        let done = monotonicNow()
        let watch = Task { await watchForLeader(after: owner, until: measured.end) }
        await sleep(until: measured.at(options.recoveryAt))
        try await end(places)
        let recovered = scenario.trouble.endsItself ? done : monotonicNow()
        return Strike(
            times: StrikeTimes(at: struck, recoveredAt: recovered), ownerBefore: owner,
            takenOverBy: await watch.value)
    }

    private func begin(_ places: [UInt64]) async throws(BenchError) {
        switch scenario.trouble {
        case .kill(let part):
            for node in part.nodes(of: places) {
                meter.ends(node)
                try servers.signal(SIGKILL, to: node)
                events.note("SIGKILL to \(name(node, places))")
            }
        case .pause(let part):
            for node in part.nodes(of: places) {
                try servers.signal(SIGSTOP, to: node)
                events.note("SIGSTOP to \(name(node, places))")
            }
        case .restart(let part):
            for node in part.nodes(of: places) {
                meter.ends(node)
                events.note("SIGTERM to \(name(node, places))")
                try servers.signal(SIGTERM, to: node)
                try await servers.collect(node, after: SIGTERM)
                try servers.start(node)
                events.note("node \(node) is started again")
            }
        case .clientCrash:
            let calls = await load.crashClient()
            events.note("a client is gone with \(grouped(UInt64(calls))) calls under way")
        case .overload(let factor):
            load.hurry(factor)
            events.note("\(hundredths(factor)) times as many operations are due")
        default: throw .usage(Self.refusal(scenario))
        }
    }

    private func end(_ places: [UInt64]) async throws(BenchError) {
        switch scenario.trouble {
        case .kill(let part):
            for node in part.nodes(of: places) {
                try await servers.collect(node, after: SIGKILL)
                try servers.start(node)
                events.note("node \(node) is started again")
            }
        case .pause(let part):
            for node in part.nodes(of: places) {
                try servers.signal(SIGCONT, to: node)
                events.note("SIGCONT to node \(node)")
            }
        case .overload(let factor):
            load.hurry(1 / factor)
            events.note("as many operations are due as before")
        default: return
        }
    }

    private func watchForLeader(
        after old: PeerServers.Leader, until end: UInt64
    ) async -> PeerServers.Leader? {
        guard scenario.expectsNewOwner, servers.peer.failsOver else { return nil }
        while monotonicNow() < end {
            if let leader = await servers.leader(), leader.node != old.node {
                events.note("node \(leader.node) leads, term \(leader.term)")
                return leader
            }
            try? await Task.sleep(for: .milliseconds(25))
        }
        return nil
    }

    private func name(_ node: UInt64, _ places: [UInt64]) -> String {
        "node \(node), \(node == places.first ? "the owner" : "a follower")"
    }

    /// Whether a scenario can be had against a peer.
    static func canRun(_ scenario: Scenario, _ servers: Int) -> Bool {
        switch scenario.trouble {
        case .none, .clientCrash, .overload: true
        case .kill(.owner), .pause(.owner), .restart(.owner): true
        case .kill, .pause, .restart: servers >= scenario.replicasMin
        default: false
        }
    }

    static func refusal(_ scenario: Scenario) -> String {
        """
        --scenario \(scenario.name) cannot be had against this target: its links and disks are its \
        own, and without followers none can be hit. Use steady, kill-owner, pause-owner, \
        restart-owner, client-crash or overload.
        """
    }
}
