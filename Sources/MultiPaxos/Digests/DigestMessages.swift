internal import ADO

/// What a replica says of itself at one index, for another to compare.
struct DigestClaim: BinaryCodable, Hashable {
    var group: UInt64
    var subject: Divergence.Subject
    var index: UInt64
    var digest: UInt64

    func write(to writer: inout Writer) {
        writer.u64(group)
        writer.u8(subject.rawValue)
        writer.varint(index)
        writer.u64(digest)
    }

    static func read(from reader: inout Reader) throws(DecodingFailure) -> DigestClaim {
        let group = try reader.u64()
        guard let subject = Divergence.Subject(rawValue: try reader.u8()) else {
            throw .malformed
        }
        return DigestClaim(
            group: group, subject: subject, index: try reader.varint(), digest: try reader.u64())
    }
}

/// What the replica of another node says to a claim.
enum DigestAnswer: BinaryCodable, Hashable {
    /// It has no digest to compare with: it is not hosted, behind a snapshot, or too far away.
    case none
    /// Its digest, at the index of the claim, or where it is behind at the last one it has.
    case digest(index: UInt64, UInt64)
    /// It stopped, because replicas differ.
    case stopped(Quarantine)

    func write(to writer: inout Writer) {
        switch self {
        case .none:
            writer.u8(1)
        case .digest(let index, let digest):
            writer.u8(2)
            writer.varint(index)
            writer.u64(digest)
        case .stopped(let quarantine):
            writer.u8(3)
            quarantine.write(to: &writer)
        }
    }

    static func read(from reader: inout Reader) throws(DecodingFailure) -> DigestAnswer {
        switch try reader.u8() {
        case 1: .none
        case 2: .digest(index: try reader.varint(), try reader.u64())
        case 3: .stopped(try .read(from: &reader))
        default: throw .malformed
        }
    }
}
