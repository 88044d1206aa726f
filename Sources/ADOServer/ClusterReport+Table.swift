internal import ADO
internal import MultiPaxos

extension ClusterReport {
    /// The report as two aligned tables, the servers and their objects, and a paragraph about each
    /// object of which replicas stopped.
    public var table: String {
        let objects = objects
        guard !objects.isEmpty else { return serverTable }
        let reasons = objects.flatMap { object in
            object.quarantines.map { "\n\(object.title): \($0)\n" }
        }
        return serverTable + "\n" + objectTable(objects) + reasons.joined()
    }

    private var serverTable: String {
        var table = TextTable([
            "NODE", "ADDRESS", "STATE", "VOTE", "SERVING", "INCARNATION", "DISK", "USED",
        ])
        for server in servers { table.add(row(server)) }
        return table.text
    }

    private func row(_ server: Server) -> [String] {
        let start = ["\(server.voter.node)", "\(server.voter.host):\(server.voter.port)"]
        guard let status = server.status else {
            return start + ["unreachable", "-", "-", "-", "-", "-"]
        }
        return start + [
            state(of: server.voter.node), status.voteSummary,
            status.serving == 0 ? "none" : "\(status.serving)",
            String(status.incarnation, radix: 16), status.disk.summary, mebibytes(status.disk),
        ]
    }

    /// A server that a peer holds for lost has no vote, whatever it says itself.
    private func state(of node: UInt64) -> String {
        let views = servers.flatMap { $0.status?.peers.filter { $0.node == node } ?? [] }
        return views.contains { $0.isLost } ? "lost" : "up"
    }

    private func mebibytes(_ disk: DiskStatus) -> String {
        let tenths = (disk.bytesUsed * 10 + 1 << 19) >> 20
        return "\(tenths / 10).\(tenths % 10) MiB"
    }

    private func objectTable(_ objects: [ObjectReport]) -> String {
        let lags = servers.map { "LAG \($0.voter.node)" }
        var table = TextTable(["OBJECT", "OWNER", "BALLOT", "COMMIT"] + lags + ["STATE"])
        for object in objects {
            let lags = object.copies.map { copy in copy.lag.map { "\($0)" } ?? "-" }
            table.add(
                [object.title, object.ownerText, object.ballotText, "\(object.commit)"] + lags
                    + [object.state])
        }
        return table.text
    }
}

extension NodeStatus {
    /// Whether it votes: for everything, for nothing, or for so many of its objects.
    var voteSummary: String {
        switch vote.standing {
        case .none, .lost: vote.approvals == 0 ? "none" : "none, approved by \(vote.approvals)"
        case .first, .anew:
            vote.objectsWithout == 0 ? "yes" : "\(objectsVotedFor) of \(objectCount)"
        }
    }

    /// Of its objects those that it votes for.
    var objectsVotedFor: UInt64 { objectCount - min(vote.objectsWithout, objectCount) }
}

extension DiskStatus {
    /// One word, or two: full, damaged in so many places, stalled for so long, or well.
    var summary: String {
        if isFull { return "full" }
        if damage.waiting > 0 { return "damaged \(damage.waiting)" }
        guard stallMicroseconds < 100_000 else { return "stalled \(stallMicroseconds / 1000) ms" }
        return "ok"
    }
}

extension ObjectReport {
    fileprivate var title: String {
        type.isEmpty ? "#" + String(group, radix: 16) : "\(type)/\(name)"
    }

    /// A node with the top bit set is a client, whose number says nothing to a reader.
    fileprivate var ownerText: String {
        guard owner.round != 0 else { return "none" }
        return owner.node >> 63 == 0 ? "\(owner.node)" : "client"
    }

    fileprivate var ballotText: String {
        guard owner.round != 0 else { return "-" }
        return "\(owner.round).\(ownerText)"
    }

    fileprivate var state: String {
        if isDiverged { return "DIVERGED" + (divergence.map { " at \($0.index)" } ?? "") }
        if let stopped { return stopped }
        if copies.contains(where: { $0.status?.isUnrepairable == true }) { return "lost copy" }
        if let damages { return damages }
        guard copies.contains(where: { $0.status?.isHosted == true }) else { return "not hosted" }
        return "ok"
    }

    private var divergence: Divergence? {
        quarantines.lazy.compactMap(\.divergence).first
    }

    /// Which copy cannot follow its log, and from where on.
    private var stopped: String? {
        let stopped = copies.compactMap { copy in
            copy.status?.quarantine.map { "\(copy.node)@\($0.index)" }
        }
        return stopped.isEmpty ? nil : "stopped " + stopped.joined(separator: " ")
    }

    /// Where which copy is damaged, as far as it is known.
    private var damages: String? {
        let damaged = copies.compactMap { copy -> String? in
            guard let status = copy.status, status.isDamaged else { return nil }
            let place = status.damagedIndex == 0 ? "?" : "\(status.damagedIndex)"
            return "\(copy.node)@\(place)"
        }
        return damaged.isEmpty ? nil : "damaged " + damaged.joined(separator: " ")
    }
}

extension ObjectStatus {
    fileprivate var isUnrepairable: Bool { isLost && !isDamaged }
}
