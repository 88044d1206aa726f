public import MultiPaxos

/// The approval of the directory that a server runs on, after it has lost the one before.
public struct Admission: Sendable {
    private let client: Node
    private let peers: [NodeOptions.Voter]
    private let server: UInt64

    /// Approves, and waits until the server votes for every object that it knows of.
    ///
    /// What was approved stays so, and goes on by itself, where this gives up.
    ///
    /// - Parameter onProgress: Called with one line whenever something has changed.
    /// - Throws: ``Failure`` where nothing could be approved, or something is missing after
    ///   `timeout`; the message says what.
    public static func run(
        server: UInt64, cluster: String, peers: [NodeOptions.Voter], timeout: Duration,
        onProgress: (String) -> Void
    ) async throws(Failure) {
        guard peers.contains(where: { $0.node == server }) else {
            throw Failure(
                "node \(server) is not among the peers; only a server that every server's list of "
                    + "peers names can be admitted", status: Failure.usage)
        }
        let client: Node
        do throws(NodeError) {
            client = try Node.start(NodeOptions(cluster: cluster, voters: peers))
        } catch {
            throw Failure(error)
        }
        let admission = Admission(client: client, peers: peers, server: server)
        let result = await admission.result(within: timeout, onProgress)
        await client.shutdown()
        try result.get()
    }

    private func result(
        within timeout: Duration, _ onProgress: (String) -> Void
    ) async -> Result<Void, Failure> {
        do throws(Failure) {
            try await approve()
            try await wait(by: .now + timeout, onProgress)
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    private var others: [UInt64] { peers.map(\.node).filter { $0 != server } }

    /// Records the approval at every other server that answers.
    private func approve() async throws(Failure) {
        guard let own = await client.status(of: server, trying: .seconds(2)) else {
            throw Failure(
                "node \(server) does not answer; format a directory for it and start it first")
        }
        if own.vote.standing == .first || own.vote.standing == .anew { return }
        var statuses: [NodeStatus] = []
        for other in others {
            if let status = await client.status(of: other, trying: .seconds(2)) {
                statuses.append(status)
            }
        }
        let generation = generation(of: own.incarnation, in: statuses)
        var count = 0
        for status in statuses {
            let isRecorded = try? await client.approve(
                node: server, incarnation: own.incarnation, generation: generation,
                on: status.node)
            if isRecorded == true { count += 1 }
        }
        guard count == 0 else { return }
        throw Failure(
            statuses.isEmpty
                ? "no other server answers; start those that are down"
                : "no server accepts the directory of node \(server); an old copy cannot be "
                    + "admitted: format a new directory for it and start it with that")
    }

    /// That of an approval which was recorded already, or one above all others.
    private func generation(of incarnation: UInt64, in statuses: [NodeStatus]) -> UInt32 {
        let views = statuses.flatMap { $0.peers.filter { $0.node == server } }
        // The highest number of all cannot be followed, and no honest server says it.
        let highest = views.map(\.generation).filter { $0 < .max }.max() ?? 0
        let last = views.filter { $0.generation == highest }
        let isRepeated = highest > 0 && last.allSatisfy { $0.incarnation == incarnation }
        return isRepeated ? highest : highest + 1
    }

    private func wait(
        by deadline: ContinuousClock.Instant, _ onProgress: (String) -> Void
    ) async throws(Failure) {
        var said = ""
        while true {
            let status = await client.status(of: server, trying: .seconds(1))
            let line = status.map(progress) ?? "node \(server) does not answer"
            if line != said { onProgress(line) }
            said = line
            if let vote = status?.vote, vote.isComplete { return }
            guard ContinuousClock.now < deadline else {
                throw Failure(
                    "node \(server) does not vote for everything yet (\(line)); this takes a "
                        + "majority of all servers without it: start those that are down, and it "
                        + "goes on by itself")
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    private func progress(_ status: NodeStatus) -> String {
        switch status.vote.standing {
        case .none, .lost:
            "node \(server) has no vote; \(status.vote.approvals) of \(others.count) other servers "
                + "approve of its directory, \(others.count / 2 + 1) must"
        case .first, .anew:
            "node \(server) votes for \(status.objectsVotedFor) of \(status.objectCount) objects"
        }
    }
}

extension VoteStatus {
    /// Whether the directory votes for every object that its server knows of.
    fileprivate var isComplete: Bool {
        (standing == .first || standing == .anew) && objectsWithout == 0
    }
}
