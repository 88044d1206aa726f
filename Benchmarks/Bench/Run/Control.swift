import ADO
import MultiPaxos

/// The benchmark's own connection, beside the load: it asks the servers for their status and reads
/// their logs.
///
/// It never proposes.
struct Control: Sendable {
    let node: Node
    let servers: [UInt64]
    let object: ObjectName

    /// The same for one of several objects; the first is this one.
    func of(_ position: Int) -> Control {
        guard position > 0 else { return self }
        let name = ObjectName(type: object.type, name: "\(object.name)-\(position)")
        return Control(node: node, servers: servers, object: name)
    }

    /// Who owns the loaded object, as the servers say.
    struct Ownership: Sendable, Equatable {
        var node: UInt64
        var ballot: Ballot

        /// Whether the owner is an application and no server: it has no vote.
        var isClient: Bool { ballot.node >> 63 == 1 }

        var report: RunReport.Owner { RunReport.Owner(node: node, ballot: "\(ballot)") }
    }

    /// Asks every server at once; those that do not answer in time are left out.
    func statuses(timeout: Duration = .seconds(1)) async -> [UInt64: NodeStatus] {
        await withTaskGroup(of: (UInt64, NodeStatus?).self) { group in
            for server in servers {
                group.addTask {
                    (server, try? await node.status(of: server, timeout: timeout))
                }
            }
            var found: [UInt64: NodeStatus] = [:]
            for await (server, status) in group { found[server] = status }
            return found
        }
    }

    /// The owner with the highest ballot, if any server says that it owns the object and serves it.
    func owner(in statuses: [UInt64: NodeStatus]) -> Ownership? {
        var best: Ownership?
        for (server, status) in statuses {
            guard let view = view(status), view.role == .owning else { continue }
            if let known = best, known.ballot >= view.owner { continue }
            best = Ownership(node: server, ballot: view.owner)
        }
        return best
    }

    /// A ballot of an application that some server promised: then the generator proposed.
    func clientBallot(in statuses: [UInt64: NodeStatus]) -> Ballot? {
        statuses.values.compactMap { view($0)?.promised }.first { $0.node >> 63 == 1 }
    }

    /// The loaded object as a server sees it.
    func view(_ status: NodeStatus) -> ObjectStatus? {
        status.objects.first { $0.name == object.name && $0.type == object.type }
    }

    /// The number of the log of the loaded object; nil if no server knows it.
    func group(in statuses: [UInt64: NodeStatus]) -> UInt64? {
        statuses.values.lazy.compactMap { view($0)?.group }.first
    }

    /// Has the serving node read the object, for which it must own it.
    ///
    /// Then every replica learns what is committed. An owner that pushed for the last time tells
    /// nobody, as followers hear of a commit with the next push.
    func takeOver(reading method: some ObjectMethod, seconds: Double) async {
        var writer = Writer()
        writer.entry(.read) { method.write(to: &$0) }
        let deadline = monotonicNow() + UInt64(seconds * 1e9)
        while monotonicNow() < deadline {
            let replies = await node.call(
                object, kind: .read, entries: writer.bytes, count: 1, timeout: .seconds(1))
            if replies.first?.outcome == .ok { return }
            try? await Task.sleep(for: .milliseconds(25))
        }
    }

    /// Waits until the others agree that one of them serves, and not this one.
    func waitWithout(_ dead: UInt64, seconds: Double) async {
        let deadline = monotonicNow() + UInt64(seconds * 1e9)
        while monotonicNow() < deadline {
            let found = await statuses(timeout: .milliseconds(300))
            let serving = Set(found.filter { $0.key != dead }.values.map(\.serving))
            if serving.count == 1, let one = serving.first, one != 0, one != dead { return }
            try? await Task.sleep(for: .milliseconds(25))
        }
    }

    /// Waits until every server answers, knows the others, and agrees on who serves.
    func waitUntilServing(seconds: Double, check: () throws(BenchError) -> Void)
        async throws(BenchError)
    {
        let deadline = monotonicNow() + UInt64(seconds * 1e9)
        while true {
            try check()
            let found = await statuses(timeout: .milliseconds(300))
            let serving = Set(found.values.map(\.serving))
            if found.count == servers.count, serving.count == 1, serving.first != 0 { return }
            guard monotonicNow() < deadline else {
                let silent = servers.filter { found[$0] == nil }
                throw BenchError(
                    """
                    the servers were not ready after \(Int(seconds)) s: \
                    \(silent.isEmpty ? "they elected nobody" : "no answer from \(silent)"). Look \
                    at their logs, and for --cluster at the addresses and --cluster-name.
                    """)
            }
            try? await Task.sleep(for: .milliseconds(25))
        }
    }
}
