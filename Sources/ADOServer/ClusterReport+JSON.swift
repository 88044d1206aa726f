internal import ADO
internal import MultiPaxos

extension ClusterReport {
    /// The report as JSON.
    ///
    /// Hashes are strings of hexadecimal digits: they exceed what many readers
    /// of JSON can hold in a number.
    public var json: JSON {
        .object([
            "cluster": .string(cluster),
            "nodes": .array(servers.map(\.json)),
            "objects": .array(objects.map(\.json)),
        ])
    }
}

extension ClusterReport.Server {
    fileprivate var json: JSON {
        let vote: JSON = status?.vote.json ?? .null
        let disk: JSON = status?.disk.json ?? .null
        let counters: JSON = status?.counters.json ?? .null
        return .object([
            "node": .number(voter.node),
            "address": .string("\(voter.host):\(voter.port)"),
            "reachable": .bool(status != nil),
            "serving": status.map { .number($0.serving) } ?? .null,
            "incarnation": status.map { .hex($0.incarnation) } ?? .null,
            "vote": vote,
            "processMicroseconds": status.map { .number($0.processMicroseconds) } ?? .null,
            "disk": disk,
            "counters": counters,
            "peers": status.map { .array($0.peers.map(\.json)) } ?? .null,
        ])
    }
}

extension VoteStatus {
    fileprivate var json: JSON {
        .object([
            "standing": .string("\(standing)"),
            "generation": .number(UInt64(generation)),
            "approvals": .number(UInt64(approvals)),
            "objectsWithout": .number(objectsWithout),
        ])
    }
}

extension DiskStatus {
    fileprivate var json: JSON {
        .object([
            "state": .string(summary),
            "flags": .number(UInt64(flags)),
            "stallMicroseconds": .number(stallMicroseconds),
            "isFull": .bool(isFull),
            "sequence": .number(sequence),
            "bytesUsed": .number(bytesUsed),
            "bytesAllocated": .number(bytesAllocated),
            "damage": damage.json,
        ])
    }
}

extension DamageStatus {
    fileprivate var json: JSON {
        .object([
            "waiting": .number(waiting),
            "found": .number(found),
            "repaired": .number(repaired),
            "scrubbedBytes": .number(scrubbedBytes),
            "scrubRounds": .number(scrubRounds),
        ])
    }
}

extension NodeCounters {
    fileprivate var json: JSON {
        .object([
            "entriesCommitted": .number(entriesCommitted),
            "batchesCommitted": .number(batchesCommitted),
            "callsAccepted": .number(callsAccepted),
            "callsRefused": .number(callsRefused),
            "wakeups": .number(wakeups),
            "flushes": .number(flushes),
            "flushMicroseconds": .number(flushMicroseconds),
            "flushMicrosecondsMax": .number(flushMicrosecondsMax),
            "messagesSent": .number(messagesSent),
            "messagesReceived": .number(messagesReceived),
            "messagesDropped": .number(messagesDropped),
            "bytesSent": .number(bytesSent),
            "cachedBytes": .number(cachedBytes),
        ])
    }
}

extension PeerStatus {
    fileprivate var json: JSON {
        .object([
            "node": .number(node),
            "isSelf": .bool(isSelf),
            "isConnected": .bool(isConnected),
            "isLost": .bool(isLost),
            "incarnation": .hex(incarnation),
            "announced": .hex(announced),
            "generation": .number(UInt64(generation)),
            "queuedBytes": .number(queuedBytes),
        ])
    }
}

extension ObjectReport {
    fileprivate var json: JSON {
        .object([
            "type": .string(type),
            "name": .string(name),
            "group": .hex(group),
            "owner": owner.json,
            "commit": .number(commit),
            "isDiverged": .bool(isDiverged),
            "copies": .array(copies.map(\.json)),
        ])
    }
}

extension ObjectReport.Copy {
    fileprivate var json: JSON {
        guard let status, let lag else {
            return .object(["node": .number(node), "known": .bool(false)])
        }
        return .object([
            "node": .number(node),
            "known": .bool(true),
            "role": .string("\(status.role)"),
            "isHosted": .bool(status.isHosted),
            "isLost": .bool(status.isLost),
            "isDamaged": .bool(status.isDamaged),
            "isUnnamed": .bool(status.isUnnamed),
            "damagedIndex": .number(status.damagedIndex),
            "isReady": .bool(status.isReady),
            "owner": status.owner.json,
            "promised": status.promised.json,
            "commit": .number(status.commit),
            "applied": .number(status.applied),
            "tip": .number(status.tip),
            "verified": .number(status.verified),
            "trimmed": .number(status.trimmed),
            "snapshot": .number(status.snapshot),
            "digest": .hex(status.digest),
            "quarantine": status.quarantine?.json ?? .null,
            "lag": .number(lag),
        ])
    }
}

extension Quarantine {
    fileprivate var json: JSON {
        .object([
            "index": .number(index),
            "text": .string("\(self)"),
            "divergence": divergence?.json ?? .null,
        ])
    }
}

extension Divergence {
    fileprivate var json: JSON {
        .object([
            "subject": .string("\(subject)"),
            "agreed": .number(agreed),
            "index": .number(index),
            "isExact": .bool(isExact),
            "method": .string(method),
            "digests": .object(
                witnesses.map { JSON.Member(name: "\($0.node)", value: .hex($0.digest)) }),
        ])
    }
}

extension Ballot {
    fileprivate var json: JSON { .object(["round": .number(round), "node": .number(node)]) }
}

extension JSON {
    fileprivate static func hex(_ number: UInt64) -> JSON {
        let digits = String(number, radix: 16)
        return .string(String(repeating: "0", count: 16 - digits.count) + digits)
    }
}
