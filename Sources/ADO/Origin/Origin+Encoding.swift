// The bytes of an origin in an entry: how many follow, the version and what is there, the caller,
// then sightings up to the end, the latest first.

extension Origin {
    private static let version: UInt8 = 1
    private static let versionBits: UInt8 = 0x0f
    private static let hasCaller: UInt8 = 0x10

    /// The bytes as they stand in an entry, the one that says how many included.
    ///
    /// Sightings that do not fit are left out.
    public var field: [UInt8] {
        var writer = Writer(capacity: Self.sizeMax)
        writer.u8(0)
        writer.u8(Self.version | (caller == nil ? 0 : Self.hasCaller))
        caller?.write(to: &writer)
        for sighting in seen {
            let end = writer.count
            sighting.write(to: &writer)
            if writer.count > Self.sizeMax {
                writer.truncate(to: end)
                break
            }
        }
        var bytes = writer.bytes
        bytes[0] = UInt8(bytes.count - 1)
        return bytes
    }

    /// Reads what is in an entry after the head of its call.
    ///
    /// - Throws: `DecodingFailure` for what ``field`` would not have made, and for origins of a
    ///   later version.
    public static func read(field reader: inout Reader) throws(DecodingFailure) -> Origin {
        var inside = Reader(try bytes(&reader))
        let flags = try inside.u8()
        guard flags & versionBits == version, flags & ~(versionBits | hasCaller) == 0 else {
            throw .malformed
        }
        var origin = Origin()
        if flags & hasCaller != 0 { origin.caller = try Caller.read(from: &inside) }
        while inside.remaining > 0 { origin.seen.append(try Sighting.read(from: &inside)) }
        return origin
    }

    /// Skips what is in an entry after the head of its call, whatever version it is of.
    ///
    /// Only the size is looked at: replicas of all versions must agree on what they refuse.
    @inlinable
    static func skip(_ reader: inout Reader) throws(DecodingFailure) {
        _ = try bytes(&reader)
    }

    @inlinable
    static func bytes(
        _ reader: inout Reader
    ) throws(DecodingFailure) -> UnsafeRawBufferPointer {
        let size = Int(try reader.u8())
        guard size >= 1, size < sizeMax else { throw .malformed }
        return try reader.raw(size)
    }
}

extension Origin.Caller: BinaryCodable {
    /// Appends the name, the invocation and the step.
    public func write(to writer: inout Writer) {
        writer.string(name)
        writer.u64(invocation)
        writer.varint(step)
    }

    /// Reads a caller whose name is no longer than it may be.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Self {
        let name = try reader.string()
        guard name.utf8.count <= nameMax else { throw .malformed }
        return Self(name: name, invocation: try reader.u64(), step: try reader.varint())
    }
}

extension Origin.Sighting: BinaryCodable {
    private enum Kind: UInt8 {
        case reply = 1
        case state
        case failure
    }

    private static let isForeign: UInt8 = 0x80

    /// Appends what it is, the object unless it is the entry's own, and where.
    public func write(to writer: inout Writer) {
        let kind: Kind =
            switch self {
            case .reply: .reply
            case .state: .state
            case .failure: .failure
            }
        writer.u8(kind.rawValue | (object == nil ? 0 : Self.isForeign))
        if let object { writer.u32(object.value) }
        switch self {
        case .reply(_, let index, let digest):
            writer.varint(index)
            writer.u32(digest)
        case .state(_, let index): writer.varint(index)
        case .failure(_, let cause, let step):
            writer.u8(step.rawValue)
            writer.u8(cause.rawValue)
        }
    }

    /// Reads one.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Self {
        let head = try reader.u8()
        guard let kind = Kind(rawValue: head & ~isForeign) else { throw .malformed }
        let object = head & isForeign == 0 ? nil : ObjectTag(try reader.u32())
        switch kind {
        case .reply:
            return .reply(of: object, index: try reader.varint(), digest: try reader.u32())
        case .state: return .state(of: object, index: try reader.varint())
        case .failure:
            let step = try ExternalEvent.Step.read(from: &reader)
            return .failure(of: object, try .read(from: &reader), in: step)
        }
    }
}
