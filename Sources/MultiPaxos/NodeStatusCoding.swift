public import ADO

// The wire form of a status: every field in the order of its declaration.

extension Reader {
    /// Reads a count of something, or an index.
    ///
    /// What no server can have counted is refused: whoever gets a status may add to it and multiply
    /// it without a thought.
    fileprivate mutating func amount() throws(DecodingFailure) -> UInt64 {
        let value = try varint()
        guard value < 1 << 56 else { throw .malformed }
        return value
    }
}

extension NodeStatus: BinaryCodable {
    /// Appends every field.
    public func write(to writer: inout Writer) {
        for value in [node, incarnation, serving, processMicroseconds] { writer.u64(value) }
        writer.string(cluster)
        vote.write(to: &writer)
        disk.write(to: &writer)
        counters.write(to: &writer)
        peers.write(to: &writer)
        writer.varint(objectCount)
        objects.write(to: &writer)
    }

    /// Reads every field.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> NodeStatus {
        let node = try reader.u64()
        let incarnation = try reader.u64()
        let serving = try reader.u64()
        let processMicroseconds = try reader.u64()
        return NodeStatus(
            node: node, cluster: try reader.string(), incarnation: incarnation,
            vote: try .read(from: &reader), serving: serving,
            processMicroseconds: processMicroseconds, disk: try .read(from: &reader),
            counters: try .read(from: &reader), peers: try .read(from: &reader),
            objectCount: try reader.amount(), objects: try .read(from: &reader))
    }
}

extension VoteStatus: BinaryCodable {
    /// Appends every field.
    public func write(to writer: inout Writer) {
        writer.u8(standing.rawValue)
        writer.u32(generation)
        writer.u32(approvals)
        writer.varint(objectsWithout)
    }

    /// Reads every field.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> VoteStatus {
        guard let standing = Standing(rawValue: try reader.u8()) else { throw .malformed }
        return VoteStatus(
            standing: standing, generation: try reader.u32(), approvals: try reader.u32(),
            objectsWithout: try reader.amount())
    }
}

extension DiskStatus: BinaryCodable {
    /// Appends every field.
    public func write(to writer: inout Writer) {
        writer.u32(flags)
        writer.varint(stallMicroseconds)
        isFull.write(to: &writer)
        for value in [sequence, bytesUsed, bytesAllocated] { writer.varint(value) }
        damage.write(to: &writer)
    }

    /// Reads every field.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> DiskStatus {
        DiskStatus(
            flags: try reader.u32(), stallMicroseconds: try reader.amount(),
            isFull: try .read(from: &reader), sequence: try reader.amount(),
            bytesUsed: try reader.amount(), bytesAllocated: try reader.amount(),
            damage: try .read(from: &reader))
    }
}

extension DamageStatus: BinaryCodable {
    /// Appends every field.
    public func write(to writer: inout Writer) {
        for value in [waiting, found, repaired, scrubbedBytes, scrubRounds] { writer.varint(value) }
    }

    /// Reads every field.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> DamageStatus {
        DamageStatus(
            waiting: try reader.amount(), found: try reader.amount(),
            repaired: try reader.amount(), scrubbedBytes: try reader.amount(),
            scrubRounds: try reader.amount())
    }
}

extension NodeCounters: BinaryCodable {
    /// Appends every field.
    public func write(to writer: inout Writer) {
        let values = [
            entriesCommitted, batchesCommitted, callsAccepted, callsRefused, wakeups, flushes,
            flushMicroseconds, flushMicrosecondsMax, messagesSent, messagesReceived,
            messagesDropped, bytesSent, cachedBytes,
        ]
        for value in values { writer.varint(value) }
    }

    /// Reads every field.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> NodeCounters {
        NodeCounters(
            entriesCommitted: try reader.amount(), batchesCommitted: try reader.amount(),
            callsAccepted: try reader.amount(), callsRefused: try reader.amount(),
            wakeups: try reader.amount(), flushes: try reader.amount(),
            flushMicroseconds: try reader.amount(), flushMicrosecondsMax: try reader.amount(),
            messagesSent: try reader.amount(), messagesReceived: try reader.amount(),
            messagesDropped: try reader.amount(), bytesSent: try reader.amount(),
            cachedBytes: try reader.amount())
    }
}

extension PeerStatus: BinaryCodable {
    /// Appends every field.
    public func write(to writer: inout Writer) {
        writer.u64(node)
        for flag in [isSelf, isConnected, isLost] { flag.write(to: &writer) }
        writer.u64(incarnation)
        writer.u64(announced)
        writer.u32(generation)
        writer.varint(queuedBytes)
    }

    /// Reads every field.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> PeerStatus {
        PeerStatus(
            node: try reader.u64(), isSelf: try .read(from: &reader),
            isConnected: try .read(from: &reader), isLost: try .read(from: &reader),
            incarnation: try reader.u64(), announced: try reader.u64(),
            generation: try reader.u32(), queuedBytes: try reader.amount())
    }
}

extension ObjectStatus: BinaryCodable {
    /// Appends every field.
    public func write(to writer: inout Writer) {
        writer.u64(group)
        writer.string(type)
        writer.string(name)
        for flag in [isHosted, isLost, isDamaged, isUnnamed, isReady] { flag.write(to: &writer) }
        writer.varint(damagedIndex)
        writer.u8(role.rawValue)
        for value in [owner.round, owner.node, promised.round, promised.node] { writer.u64(value) }
        for value in [commit, applied, tip, verified, trimmed, snapshot] { writer.varint(value) }
        writer.u64(digest)
        quarantine.write(to: &writer)
        matches.write(to: &writer)
    }

    /// Reads every field.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> ObjectStatus {
        let group = try reader.u64()
        let type = try reader.string()
        let name = try reader.string()
        let isHosted = try Bool.read(from: &reader)
        let isLost = try Bool.read(from: &reader)
        let isDamaged = try Bool.read(from: &reader)
        let isUnnamed = try Bool.read(from: &reader)
        let isReady = try Bool.read(from: &reader)
        let damagedIndex = try reader.amount()
        guard let role = Role(rawValue: try reader.u8()) else { throw .malformed }
        let owner = Ballot(round: try reader.u64(), node: try reader.u64())
        let promised = Ballot(round: try reader.u64(), node: try reader.u64())
        return ObjectStatus(
            group: group, type: type, name: name, isHosted: isHosted, isLost: isLost,
            isDamaged: isDamaged, isUnnamed: isUnnamed, damagedIndex: damagedIndex, role: role,
            isReady: isReady, owner: owner, promised: promised, commit: try reader.amount(),
            applied: try reader.amount(), tip: try reader.amount(), verified: try reader.amount(),
            trimmed: try reader.amount(), snapshot: try reader.amount(),
            digest: try reader.u64(), quarantine: try .read(from: &reader),
            matches: try .read(from: &reader))
    }
}

extension ObjectStatus.Match: BinaryCodable {
    /// Appends both fields.
    public func write(to writer: inout Writer) {
        writer.u64(node)
        writer.varint(index)
    }

    /// Reads both fields.
    public static func read(
        from reader: inout Reader
    ) throws(DecodingFailure) -> ObjectStatus.Match {
        ObjectStatus.Match(node: try reader.u64(), index: try reader.amount())
    }
}

extension Ballot: Codable {
    private enum CodingKeys: String, CodingKey {
        case round
        case node
    }

    /// Encodes both parts.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(round, forKey: .round)
        try container.encode(node, forKey: .node)
    }

    /// Decodes both parts.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            round: try container.decode(UInt64.self, forKey: .round),
            node: try container.decode(UInt64.self, forKey: .node))
    }
}
