internal import ADO
internal import CMultiPaxos
internal import CMultiPaxosLMDB
internal import CMultiPaxosUV
internal import Glibc

/// What one node may ask another about itself.
enum AdminRequest: BinaryCodable, Hashable {
    case status
    case object(group: UInt64)
    /// Compare digests, and answer with yours.
    case digests([DigestClaim])
    /// Tell one digest.
    case digest(DigestClaim)
    /// Stop an object whose replicas differ.
    case stop(group: UInt64, Quarantine)
    /// Record an operator's word for a server's new directory.
    case approve(node: UInt64, incarnation: UInt64, generation: UInt32)

    func write(to writer: inout Writer) {
        switch self {
        case .status:
            writer.u8(1)
        case .object(let group):
            writer.u8(2)
            writer.u64(group)
        case .digests(let claims):
            writer.u8(3)
            claims.write(to: &writer)
        case .digest(let claim):
            writer.u8(4)
            claim.write(to: &writer)
        case .stop(let group, let reason):
            writer.u8(5)
            writer.u64(group)
            reason.write(to: &writer)
        case .approve(let node, let incarnation, let generation):
            writer.u8(6)
            writer.u64(node)
            writer.u64(incarnation)
            writer.u32(generation)
        }
    }

    static func read(from reader: inout Reader) throws(DecodingFailure) -> AdminRequest {
        switch try reader.u8() {
        case 1: .status
        case 2: .object(group: try reader.u64())
        case 3: .digests(try .read(from: &reader))
        case 4: .digest(try .read(from: &reader))
        case 5: .stop(group: try reader.u64(), try .read(from: &reader))
        case 6:
            .approve(
                node: try reader.u64(), incarnation: try reader.u64(),
                generation: try reader.u32())
        case let tag: throw .unknownTag(UInt32(tag))
        }
    }
}

extension NodeCore {
    /// Answers a request of the node `from` with one record, on the loop thread.
    func answer(_ request: UnsafeRawBufferPointer, from: UInt64) {
        var reader = Reader(request)
        guard let request = try? AdminRequest.read(from: &reader), reader.remaining == 0 else {
            loop.results.append(.rejected)
            return
        }
        switch request {
        case .status: answer { nodeStatus($0) }
        case .object(let group): answer { objectStatus($0, group) }
        case .approve(let node, let incarnation, let generation):
            answer { mp_uv_node_approve($0, node, incarnation, generation) == MP_OK }
        case .digests(let claims): loop.results.append(.ok, claims.map { loop.answer($0) })
        case .digest(let claim):
            let digest = loop.digest(claim)
            loop.results.append(
                .ok, digest.map { DigestAnswer.digest(index: claim.index, $0) } ?? .none)
        case .stop(let group, let reason):
            // Of what clients came to, nothing follows for servers.
            let isServer = options.voters.contains { $0.node == from }
            if isServer { stopHere(group, reason) }
            loop.results.append(.ok, isServer)
        }
    }

    private func answer<Status: BinaryCodable>(_ body: (OpaquePointer) -> Status) {
        let status = order { raw in
            loop.results.append(.ok, body(raw))
            return MP_OK
        }
        if status != MP_OK { loop.results.append(.closed) }
    }

    /// What this node says of itself, on the loop thread.
    func nodeStatus(_ raw: OpaquePointer) -> NodeStatus {
        var stats = mp_uv_stats()
        mp_uv_node_stats(raw, &stats)
        let (count, unnamed, objects) = objectStatuses(raw)
        return NodeStatus(
            node: mp_uv_node_id(raw), cluster: String(cString: mp_uv_node_cluster(raw)),
            incarnation: stats.incarnation,
            vote: VoteStatus(stats, objectsWithout: unnamed),
            serving: stats.serving, processMicroseconds: processMicroseconds(),
            disk: DiskStatus(stats), counters: NodeCounters(stats), peers: peerStatuses(raw),
            objectCount: count, objects: objects)
    }

    private func peerStatuses(_ raw: OpaquePointer) -> [PeerStatus] {
        var peers: [PeerStatus] = []
        var view = mp_uv_peer_view()
        while mp_uv_node_peer(raw, UInt32(peers.count), &view) {
            peers.append(PeerStatus(view))
        }
        return peers
    }

    private func objectStatuses(
        _ raw: OpaquePointer
    ) -> (count: UInt64, unnamed: UInt64, [ObjectStatus]) {
        var count: UInt64 = 0
        var unnamed: UInt64 = 0
        var objects: [ObjectStatus] = []
        // All of it travels in one message: names and quarantines make an object long.
        var room = Int(MP_PAYLOAD_SIZE_MAX) - Self.nodeStatusMax
        var cursor: UInt32 = 0
        var view = mp_group_view()
        while mp_uv_node_next_group(raw, &cursor, &view) {
            count += 1
            unnamed += view.unnamed ? 1 : 0
            guard room > 0 else { continue }
            let status = objectStatus(raw, view)
            room -= status.encoded().count
            if room > 0 { objects.append(status) }
        }
        return (count, unnamed, objects)
    }

    /// Bytes that the status of a node takes without its objects, and then some.
    private static let nodeStatusMax = 64 << 10

    private func objectStatus(_ raw: OpaquePointer, _ group: UInt64) -> ObjectStatus? {
        var cursor: UInt32 = 0
        var view = mp_group_view()
        while mp_uv_node_next_group(raw, &cursor, &view) {
            if view.group == group { return objectStatus(raw, view) }
        }
        return nil
    }

    private func objectStatus(_ raw: OpaquePointer, _ view: mp_group_view) -> ObjectStatus {
        let host = loop.hosts[view.group]
        let name = loop.names[view.group]
        let isOwner = view.role == MP_OWNING
        let matches = isOwner ? options.voters.map(\.node) : []
        return ObjectStatus(
            group: view.group, type: name?.type ?? "", name: name?.name ?? "",
            isHosted: host != nil, isLost: view.lost, isDamaged: view.damaged,
            isUnnamed: view.unnamed, damagedIndex: damagedIndex(raw, view.group),
            role: ObjectStatus.Role(rawValue: UInt8(view.role.rawValue)) ?? .following,
            isReady: view.ready, owner: Ballot(view.owner), promised: Ballot(view.promised),
            commit: view.commit.index, applied: host?.applied ?? 0, tip: view.tip.index,
            verified: view.verified, trimmed: view.trimmed.index,
            snapshot: mp_uv_node_snapshot_index(raw, view.group),
            digest: host?.results?.digest ?? 0, quarantine: host?.box.quarantine,
            matches: matches.map { voter in
                ObjectStatus.Match(node: voter, index: mp_uv_node_match(raw, view.group, voter))
            })
    }
}

/// The last index of what is damaged first in a group, or the first one where it alone is known.
private func damagedIndex(_ raw: OpaquePointer, _ group: UInt64) -> UInt64 {
    var damage = mp_lmdb_damage()
    guard mp_uv_node_damage(raw, group, &damage) else { return 0 }
    return damage.last == 0 ? damage.first : damage.last
}

/// User and system time of this process.
private func processMicroseconds() -> UInt64 {
    var usage = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    let seconds = UInt64(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
    return seconds * 1_000_000 + UInt64(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
}

extension DiskStatus {
    fileprivate init(_ raw: mp_uv_stats) {
        self.init(
            flags: raw.lmdb_flags, stallMicroseconds: raw.disk_stall_us, isFull: raw.disk_full,
            sequence: raw.storage_sequence, bytesUsed: raw.data_bytes_used,
            bytesAllocated: raw.data_bytes_allocated, damage: DamageStatus(raw))
    }
}

extension VoteStatus {
    fileprivate init(_ raw: mp_uv_stats, objectsWithout: UInt64) {
        let standing: Standing =
            switch raw.vote {
            case MP_LMDB_VOTE_FIRST: .first
            case MP_LMDB_VOTE_LOST: .lost
            case MP_LMDB_VOTE_ANEW: .anew
            default: .none
            }
        self.init(
            standing: standing, generation: raw.generation, approvals: raw.approvals,
            objectsWithout: objectsWithout)
    }
}

extension DamageStatus {
    fileprivate init(_ raw: mp_uv_stats) {
        self.init(
            waiting: raw.damages, found: raw.damages_found, repaired: raw.damages_repaired,
            scrubbedBytes: raw.scrub_bytes, scrubRounds: raw.scrub_rounds)
    }
}

extension NodeCounters {
    fileprivate init(_ raw: mp_uv_stats) {
        self.init(
            entriesCommitted: raw.entries_committed, batchesCommitted: raw.batches_committed,
            callsAccepted: raw.calls_accepted, callsRefused: raw.calls_refused,
            wakeups: raw.wakeups, flushes: raw.flushes, flushMicroseconds: raw.flush_us_total,
            flushMicrosecondsMax: raw.flush_us_max, messagesSent: raw.messages_sent,
            messagesReceived: raw.messages_received, messagesDropped: raw.messages_dropped,
            bytesSent: raw.bytes_sent, cachedBytes: raw.frames_cached_bytes)
    }
}

extension PeerStatus {
    fileprivate init(_ raw: mp_uv_peer_view) {
        self.init(
            node: raw.node, isSelf: raw.`self`, isConnected: raw.connected, isLost: raw.lost,
            incarnation: raw.incarnation, announced: raw.announced, generation: raw.generation,
            queuedBytes: raw.queued_bytes)
    }
}
