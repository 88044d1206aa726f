/// Where two replicas of an object, which applied the same entries, came to different things.
///
/// Each replica chains a hash over what it made of the entries. Equal digests at an index mean that
/// all before it came to the same.
public struct Divergence: Sendable, Hashable, Codable {
    /// What differed.
    public enum Subject: UInt8, Sendable, Hashable, Codable {
        /// The results of calls.
        case results = 1
        /// The state, although no result showed it.
        case state = 2
    }

    /// One of the two replicas.
    public struct Witness: Sendable, Hashable, Codable {
        /// The node whose replica it is.
        public let node: UInt64
        /// Its digest at ``Divergence/index``.
        public let digest: UInt64

        /// Makes a witness.
        public init(node: UInt64, digest: UInt64) {
            self.node = node
            self.digest = digest
        }
    }

    /// What differed.
    public let subject: Subject

    /// The last entry through which they are known to agree.
    public let agreed: UInt64

    /// The first entry at which they are known to differ.
    public let index: UInt64

    /// What that entry calls; empty if nobody has it any more, or if another may be the first.
    public let method: String

    /// The two replicas, by node.
    public let witnesses: [Witness]

    /// Whether ``index`` is the first entry that differs, and not one somewhere after it.
    public var isExact: Bool { index == agreed + 1 }

    /// Makes a divergence between the replicas of two nodes.
    public init(
        of subject: Subject, agreed: UInt64, index: UInt64, method: String,
        between one: Witness, and other: Witness
    ) {
        precondition(agreed < index, "replicas differ after they agreed")
        self.subject = subject
        self.agreed = agreed
        self.index = index
        self.method = method
        witnesses = one.node <= other.node ? [one, other] : [other, one]
    }
}

extension Divergence: CustomStringConvertible {
    /// What happened and what to do, as sentences.
    public var description: String {
        """
        \(place) replicas came to different \(subject == .results ? "results" : "states"): \
        \(witnesses.map(\.description).joined(separator: ", ")). The object stopped. A method is \
        not deterministic, or the replicas run different versions: mend that, then stop all \
        servers and start them again.
        """
    }

    private var place: String {
        guard isExact else { return "Between entry \(agreed + 1) and entry \(index)," }
        return method.isEmpty ? "At entry \(index)" : "At entry \(index), \(method),"
    }
}

extension Divergence.Witness: CustomStringConvertible {
    /// The node and the digest; the number of a client says nothing to a reader.
    public var description: String {
        "\(node >> 63 == 0 ? "node \(node)" : "a client") to \(String(digest, radix: 16))"
    }
}

extension Divergence: BinaryCodable {
    /// Appends every field.
    public func write(to writer: inout Writer) {
        writer.u8(subject.rawValue)
        writer.varint(agreed)
        writer.varint(index)
        writer.string(method)
        for witness in witnesses {
            writer.u64(witness.node)
            writer.u64(witness.digest)
        }
    }

    /// Reads every field.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Divergence {
        guard let subject = Subject(rawValue: try reader.u8()) else { throw .malformed }
        let agreed = try reader.varint()
        let index = try reader.varint()
        guard agreed < index else { throw .malformed }
        let method = try reader.string()
        let one = Witness(node: try reader.u64(), digest: try reader.u64())
        let other = Witness(node: try reader.u64(), digest: try reader.u64())
        return Divergence(
            of: subject, agreed: agreed, index: index, method: method, between: one, and: other)
    }
}
