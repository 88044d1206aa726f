import FaultTools
import Glibc
import MultiPaxos

/// Makes trouble for real processes, and ends it: signals, links between servers, disks, load.
struct TroubleTools: Sendable {
    let control: Control
    let servers: Servers
    let events: EventLog
    let meter: NodeMeter
    let load: any Load
    let duel: Duel

    /// Begins; `places` are all servers, the owner first.
    ///
    /// - Returns: the servers that were hit.
    func begin(
        _ trouble: Trouble, _ places: [UInt64], _ statuses: [UInt64: NodeStatus]
    ) async throws(BenchError) -> [UInt64] {
        switch trouble {
        case .none: return []
        case .kill(let part):
            return try each(part, places) { (node) throws(BenchError) in
                let pid = try servers.pid(node)
                meter.end(node, statuses[node], cpu: cpuSeconds(of: pid))
                try servers.signal(SIGKILL, to: node)
                events.note("SIGKILL to \(name(node, places))")
            }
        case .pause(let part):
            do throws(BenchError) {
                let nodes = try each(part, places) { (node) throws(BenchError) in
                    try servers.signal(SIGSTOP, to: node)
                    events.note("SIGSTOP to \(name(node, places))")
                }
                try await checkStopped(nodes)
                return nodes
            } catch {
                for node in part.nodes(of: places) { try? servers.signal(SIGCONT, to: node) }
                throw error
            }
        case .restart(let part):
            let nodes = part.nodes(of: places)
            for node in nodes { try await restart(node, statuses[node], places) }
            return nodes
        case .rolling:
            for node in places.reversed() {
                try await restart(node, statuses[node], places)
                try await waitUntilLevel(node)
            }
            return places
        case .late:
            let node = lateServer
            try servers.restart(node)
            events.note("node \(node) is started for the first time since the load began")
            return [node]
        case .partition(let shape): return try part(shape, places)
        case .slowLinks: return try slow(trouble, places)
        case .flappingLinks:
            _ = try links()
            events.note("links break five times a second")
            return []
        case .slowDisk(let part, let milliseconds):
            return try slowDisk(part, milliseconds, places)
        case .fullDisk(let part):
            let rooms = try rooms()
            return try each(part, places) { (node) throws(BenchError) in
                try rooms.fill(node)
                events.note("the disk of \(name(node, places)) has no more room")
            }
        case .duel:
            events.note("\(Duel.duellists) applications begin to pull the object")
            return []
        case .clientCrash:
            let calls = await load.crashClient()
            events.note("a client is gone with \(grouped(UInt64(calls))) calls under way")
            return []
        case .overload(let factor):
            load.hurry(factor)
            events.note("\(hundredths(factor)) times as many operations are due")
            return []
        }
    }

    /// Does what must be done again and again until then.
    func keepUp(_ trouble: Trouble, _ places: [UInt64], until end: UInt64) async throws(BenchError)
    {
        if trouble == .duel {
            let pulls = try await duel.run(until: end)
            events.note("they pulled it \(pulls.map { "\($0)" }.joined(separator: " and ")) times")
            return
        }
        if case .fullDisk(let part) = trouble {
            try await watchUntilFull(part.nodes(of: places), until: end)
        }
        guard trouble == .flappingLinks else {
            await sleep(until: end)
            return
        }
        let links = try links()
        var turn = 0
        while monotonicNow() < end {
            // The owner has the most to lose, and each of the others has its turn.
            links.interrupt(places[0], places[1 + turn % (places.count - 1)])
            turn += 1
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Makes whole what is not yet.
    func end(_ trouble: Trouble, _ places: [UInt64]) async throws(BenchError) {
        switch trouble {
        case .none, .restart, .rolling, .late, .clientCrash: return
        case .kill(let part):
            for node in part.nodes(of: places) {
                // Where the cores are busy, one that was killed holds its port for a while.
                try await servers.collect(node, after: SIGKILL)
                try servers.restart(node)
                events.note("node \(node) is started again")
            }
        case .pause(let part):
            _ = try each(part, places) { (node) throws(BenchError) in
                try servers.signal(SIGCONT, to: node)
                events.note("SIGCONT to node \(node)")
            }
        case .partition, .slowLinks:
            try links().mend()
            events.note("all links are whole again")
        case .duel: events.note("the applications pull no longer")
        case .flappingLinks: events.note("links break no longer")
        case .slowDisk(let part, _):
            let disks = try disks()
            for node in part.nodes(of: places) { disks.mend(node) }
            events.note("all disks are well again")
        case .fullDisk(let part):
            let rooms = try rooms()
            for node in part.nodes(of: places) { rooms.makeRoom(node) }
            events.note("there is room again")
        case .overload(let factor):
            load.hurry(1 / factor)
            events.note("as many operations are due as before")
        }
    }

    private func each(
        _ part: Trouble.Part, _ places: [UInt64], _ body: (UInt64) throws(BenchError) -> Void
    ) throws(BenchError) -> [UInt64] {
        let nodes = part.nodes(of: places)
        for node in nodes { try body(node) }
        return nodes
    }

    private func name(_ node: UInt64, _ places: [UInt64]) -> String {
        "node \(node), \(node == places.first ? "the owner" : "a follower")"
    }
}

// MARK: - Processes

extension TroubleTools {
    /// The server that is dead while the load begins.
    private var lateServer: UInt64 { control.servers.last ?? 0 }

    /// Kills a server before the load begins.
    func stopLateServer() async throws(BenchError) {
        try servers.signal(SIGKILL, to: lateServer)
        try await servers.collect(lateServer, after: SIGKILL)
        await control.waitWithout(lateServer, seconds: 10)
    }

    private func restart(
        _ node: UInt64, _ status: NodeStatus?, _ places: [UInt64]
    ) async throws(BenchError) {
        let pid = try servers.pid(node)
        meter.end(node, status, cpu: cpuSeconds(of: pid))
        events.note("SIGTERM to \(name(node, places))")
        try await servers.stop(node, seconds: 10)
        try servers.restart(node)
        events.note("node \(node) is started again")
    }

    /// Throws if a server of another run still answers while the process is stopped that was said
    /// to be its own.
    private func checkStopped(_ nodes: [UInt64]) async throws(BenchError) {
        guard case .running = servers else { return }
        for node in nodes {
            let status = try? await control.node.status(of: node, timeout: .milliseconds(200))
            guard status != nil else { continue }
            let pid = try servers.pid(node)
            throw BenchError(
                """
                node \(node) answers while process \(pid) is stopped: --pids must name the \
                processes of --cluster, in the same order.
                """, status: .invalid)
        }
    }

    /// How long a server that is coming back may apply nothing, in nanoseconds.
    private static let patience: UInt64 = 20_000_000_000

    /// Waits until a server has applied what another one had when it was asked: for as long as it
    /// takes, if the server gets on.
    func waitUntilLevel(_ node: UInt64) async throws(BenchError) {
        var deadline = monotonicNow() + Self.patience
        var reached: UInt64 = 0
        let known = await control.statuses()
        let target = known.values.compactMap { control.view($0)?.commit }.max() ?? 0
        while monotonicNow() < deadline {
            let status = try? await control.node.status(of: node, timeout: .milliseconds(200))
            let applied = status.flatMap(control.view)?.applied ?? 0
            if status != nil, applied >= target { return }
            if applied > reached {
                reached = applied
                deadline = monotonicNow() + Self.patience
            }
            try? await Task.sleep(for: .milliseconds(25))
        }
        throw BenchError(
            "node \(node) did not come back: for 20 s it applied nothing beyond \(reached).",
            status: .invalid)
    }
}

// MARK: - Links and disks

extension TroubleTools {
    private func links() throws(BenchError) -> Network {
        guard case .own(let group) = servers, let network = group.network else {
            throw .usage("the links of servers that this run did not start cannot be broken.")
        }
        return network
    }

    private func disks() throws(BenchError) -> ShimmedDisk {
        guard case .own(let group) = servers, let disk = group.disk else {
            throw .usage("the disks of servers that this run did not start cannot be spoilt.")
        }
        return disk
    }

    /// Takes note of when each server has used what room there was; throws if one has not by then.
    private func watchUntilFull(
        _ nodes: [UInt64], until end: UInt64
    ) async throws(BenchError) {
        var rest = Set(nodes)
        while monotonicNow() < end, !rest.isEmpty {
            for node in rest {
                let status = try? await control.node.status(of: node, timeout: .milliseconds(100))
                guard status?.disk.isFull == true else { continue }
                events.note("the disk of node \(node) is full")
                rest.remove(node)
            }
            try? await Task.sleep(for: .milliseconds(10))
        }
        guard let node = rest.min() else { return }
        throw BenchError(
            """
            the disk of node \(node) was not full when it was to have room again: raise --seconds, \
            --in-flight or --value-bytes.
            """, status: .invalid)
    }

    private func rooms() throws(BenchError) -> DiskRooms {
        guard case .own(let group) = servers, let rooms = group.rooms else {
            throw .usage("the disks of servers that this run did not start cannot be filled.")
        }
        return rooms
    }

    private func part(
        _ shape: Trouble.Shape, _ places: [UInt64]
    ) throws(BenchError) -> [UInt64] {
        let links = try links()
        guard let owner = places.first else { return [] }
        switch shape {
        case .groups(let groups):
            let named = groups.map { $0.filter { $0 < places.count }.map { places[$0] } }
            links.leave(named, .silent)
            events.note(
                "links are left only in "
                    + named.map { $0.map { "\($0)" }.joined(separator: "+") }
                    .joined(separator: ", "))
            // Whoever hears nobody, or else the owner, whom not everybody hears.
            let alone = places.filter { node in
                !named.contains { $0.count > 1 && $0.contains(node) }
            }
            return alone.isEmpty ? [owner] : alone
        case .ownerIsMute, .ownerIsDeaf:
            for other in places.dropFirst() {
                let isMute = shape == .ownerIsMute
                links.set(
                    .silence, from: isMute ? owner : other, to: isMute ? other : owner)
            }
            events.note(
                "links: \(shape == .ownerIsMute ? "nobody hears" : "nobody is heard by") node "
                    + "\(owner), the owner")
            return [owner]
        }
    }

    private func slow(
        _ trouble: Trouble, _ places: [UInt64]
    ) throws(BenchError) -> [UInt64] {
        let links = try links()
        guard case .slowLinks(let part, let milliseconds) = trouble else { return [] }
        let slow = part.nodes(of: places)
        for node in slow {
            for other in places where other != node {
                links.set(.delay(.milliseconds(milliseconds)), from: node, to: other)
                links.set(.delay(.milliseconds(milliseconds)), from: other, to: node)
            }
        }
        events.note("links of node \(slow.map { "\($0)" }.joined(separator: ", ")) are slow")
        return slow
    }

    private func slowDisk(
        _ part: Trouble.Part, _ milliseconds: Int, _ places: [UInt64]
    ) throws(BenchError) -> [UInt64] {
        let disks = try disks()
        return try each(part, places) { (node) throws(BenchError) in
            do {
                try disks.set(.slow(.milliseconds(milliseconds)), on: node)
            } catch {
                throw BenchError("cannot say how the disk of node \(node) is: \(error)")
            }
            events.note("the disk of \(name(node, places)) is slow")
        }
    }
}
