internal import ADO
public import MultiPaxos

/// What the servers of a cluster say of themselves, gathered at one time.
public struct ClusterReport: Sendable, Hashable {
    /// One server, and what it said; `nil` if it did not answer.
    public struct Server: Sendable, Hashable {
        /// The server and its address.
        public let voter: NodeOptions.Voter
        /// What it said of itself.
        public let status: NodeStatus?
    }

    /// The cluster's name.
    public let cluster: String

    /// Every server, in the order of the peer list.
    public let servers: [Server]

    /// Whether any server answered.
    public var isReachable: Bool { servers.contains { $0.status != nil } }
}

extension ClusterReport {
    /// Asks every server, and waits for each of them at most `timeout`.
    ///
    /// - Throws: ``Failure`` where the peers cannot be right.
    public static func gather(
        cluster: String, peers: [NodeOptions.Voter], timeout: Duration = .seconds(2)
    ) async throws(Failure) -> ClusterReport {
        let client: Node
        do throws(NodeError) {
            client = try Node.start(NodeOptions(cluster: cluster, voters: peers))
        } catch {
            throw Failure(error)
        }
        let statuses = await withTaskGroup(of: (UInt64, NodeStatus?).self) { group in
            for peer in peers {
                group.addTask { (peer.node, await client.status(of: peer.node, trying: timeout)) }
            }
            return await group.reduce(into: [UInt64: NodeStatus]()) { $0[$1.0] = $1.1 }
        }
        await client.shutdown()
        return ClusterReport(
            cluster: cluster,
            servers: peers.map { Server(voter: $0, status: statuses[$0.node]) })
    }
}

extension Node {
    /// Asks a server until it answers or the time is over: the connection may not be there yet.
    func status(of server: UInt64, trying timeout: Duration) async -> NodeStatus? {
        let deadline = ContinuousClock.now + timeout
        while ContinuousClock.now < deadline, !Task.isCancelled {
            let left = deadline - .now
            if let status = try? await status(of: server, timeout: left) { return status }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return nil
    }
}

/// One object over all servers that answered.
struct ObjectReport: Hashable {
    /// What one server says of the object; `nil` if it has not heard of it or did not answer.
    struct Copy: Hashable {
        let node: UInt64
        let status: ObjectStatus?
        let lag: UInt64?
    }

    let type: String
    let name: String
    let group: UInt64
    /// The highest ballot that owns the object, as far as the servers know.
    let owner: Ballot
    let commit: UInt64
    let copies: [Copy]
    /// Whether two servers that applied the same log came to different things.
    let isDiverged: Bool

    /// Why replicas stopped, each reason once.
    var quarantines: [Quarantine] {
        var found: [Quarantine] = []
        for reason in copies.compactMap({ $0.status?.quarantine }) where !found.contains(reason) {
            found.append(reason)
        }
        return found
    }
}

extension ClusterReport {
    /// Every object that some server has heard of, by type and name.
    var objects: [ObjectReport] {
        let groups = Set(servers.flatMap { $0.status?.objects.map(\.group) ?? [] })
        return groups.map { report(on: $0) }.sorted {
            ($0.type, $0.name, $0.group) < ($1.type, $1.name, $1.group)
        }
    }

    private func report(on group: UInt64) -> ObjectReport {
        let statuses = servers.map { server in
            (server.voter.node, server.status?.objects.first { $0.group == group })
        }
        let known = statuses.compactMap(\.1)
        let commit = known.map(\.commit).max() ?? 0
        let named = known.first { !$0.type.isEmpty }
        let owning = known.filter { $0.role == .owning }.map(\.owner).max()
        let going = known.filter { $0.quarantine == nil && $0.digest != 0 }
        let digests = Dictionary(grouping: going, by: \.applied)
        let isStopped = known.contains { $0.quarantine?.divergence != nil }
        return ObjectReport(
            type: named?.type ?? "", name: named?.name ?? "", group: group,
            owner: max(owning, known.map(\.promised).max()), commit: commit,
            copies: statuses.map { node, status in
                let reached = status.map { $0.isHosted ? $0.applied : $0.commit }
                return ObjectReport.Copy(
                    node: node, status: status, lag: reached.map { commit - min(commit, $0) })
            },
            isDiverged: isStopped || digests.values.contains { Set($0.map(\.digest)).count > 1 })
    }
}

/// The higher of two ballots; the one of round 0, which is none, if there is neither.
private func max(_ left: Ballot?, _ right: Ballot?) -> Ballot {
    let none = Ballot(round: 0, node: 0)
    return Swift.max(left ?? none, right ?? none)
}

extension ClusterReport {
    /// Throws if nobody answered.
    public func checkReachable() throws(Failure) {
        guard !isReachable else { return }
        throw Failure(
            "no server of cluster '\(cluster)' answers; check the peer list and that they run")
    }
}
