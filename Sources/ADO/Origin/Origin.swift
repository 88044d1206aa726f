/// Where a call came from, as its entry of the log records it: who called, and what the caller had
/// seen by then.
///
/// Replicas skip it: it decides nothing, and states and results are the same without it. It is
/// there for whoever asks later why something happened. At most ``sizeMax`` bytes of an entry; what
/// does not fit is left out, the oldest sighting first.
public struct Origin: Sendable, Hashable {
    /// An operation of a program, and the call that it made.
    public struct Caller: Sendable, Hashable {
        /// What the program calls the operation: at most ``nameMax`` bytes of UTF-8.
        public let name: String
        /// Which run of it: the same for all calls of one ``Activity``, and for no others.
        public let invocation: UInt64
        /// The number of the call in that run, from 1, in the order in which calls were issued.
        public let step: UInt64

        /// Bytes that a name may take.
        public static let nameMax = 24

        /// Makes a caller; of a name that is too long the end is kept.
        public init(name: String, invocation: UInt64, step: UInt64) {
            self.name = Self.bounded(name)
            self.invocation = invocation
            self.step = step
        }

        static func bounded(_ name: String) -> String {
            guard name.utf8.count > nameMax else { return name }
            var end = Substring(name)
            while end.utf8.count > nameMax { end = end.dropFirst() }
            return String(end)
        }
    }

    /// Something that the caller had seen.
    public enum Sighting: Sendable, Hashable {
        /// The reply of an entry, with its ``ReplyDigest``.
        case reply(of: ObjectTag?, index: UInt64, digest: UInt32)
        /// The state, or the answer to a read, right after an entry.
        case state(of: ObjectTag?, index: UInt64)
        /// A step that failed, which no log holds.
        case failure(of: ObjectTag?, ExternalEvent.Cause, in: ExternalEvent.Step)

        /// The object, or nil for the one whose log this is in.
        public var object: ObjectTag? {
            switch self {
            case .reply(let object, _, _), .state(let object, _), .failure(let object, _, _): object
            }
        }
    }

    /// Who called; nil if the call belongs to no ``Activity``.
    public var caller: Caller?

    /// What the caller had seen, the latest first, each object at most once.
    public var seen: [Sighting]

    /// Bytes that an origin may take in an entry, the one that says how many included.
    public static let sizeMax = 64

    /// Makes an origin.
    public init(caller: Caller? = nil, seen: [Sighting] = []) {
        self.caller = caller
        self.seen = seen
    }
}

/// A short name of an object: FNV-1a of its description, 32 bits.
///
/// Two objects may have the same; who looks one up says so then.
public struct ObjectTag: Sendable, Hashable {
    /// The number.
    public let value: UInt32

    /// Makes a tag that was read.
    public init(_ value: UInt32) {
        self.value = value
    }

    /// The tag of an object.
    public init(of object: ObjectName) {
        value = object.description.reduce(0x811c_9dc5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    }
}

/// A short digest of a reply, which tells whether what a client was told is what the log says.
public enum ReplyDigest {
    /// The digest of an outcome and a result: a chained multiplication over eight bytes at a time.
    public static func of(_ outcome: ReplyOutcome, _ payload: UnsafeRawBufferPointer) -> UInt32 {
        var state = UInt64(outcome.rawValue) &+ 0x9e37_79b9_7f4a_7c15
        var offset = 0
        while offset + 8 <= payload.count {
            let word = payload.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            state = mix(state ^ UInt64(littleEndian: word))
            offset += 8
        }
        var rest = UInt64(payload.count) << 56
        while offset < payload.count {
            rest = rest << 8 ^ UInt64(payload[offset])
            offset += 1
        }
        return UInt32(truncatingIfNeeded: mix(state ^ rest) >> 32)
    }

    /// The digest of a reply.
    public static func of(_ reply: Reply) -> UInt32 {
        reply.payload.withUnsafeBytes { of(reply.outcome, $0) }
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        let product = (value ^ value >> 29) &* 0xbf58_476d_1ce4_e5b9
        return product ^ product >> 32
    }
}
