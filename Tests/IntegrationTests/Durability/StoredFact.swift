import Glibc

/// A ballot as it is written: round, then node.
struct WireBallot: Hashable, Comparable, CustomStringConvertible {
    var round: UInt64
    var node: UInt64

    var description: String { "\(round).\(node)" }

    static func < (a: WireBallot, b: WireBallot) -> Bool {
        (a.round, a.node) < (b.round, b.node)
    }
}

/// What a write to a data file holds that a message may later rely on.
enum StoredFact: Hashable {
    case promise(group: UInt64, ballot: WireBallot)
    case frame(StoredFrame)
}

/// The header of a batch, as found in the bytes of a write.
struct StoredFrame: Hashable {
    var group: UInt64
    var first: UInt64
    var last: UInt64
    var ballot: WireBallot
    var previous: UInt64
    var checksum: UInt64
}

extension StoredFact {
    /// Finds the batches and the promises of `groups` in the pages of one write.
    ///
    /// A page is written whole, so it repeats older facts; that does no harm, since a fact counts
    /// from when it first was durable.
    static func all(in bytes: ArraySlice<UInt8>, groups: Set<UInt64>) -> [StoredFact] {
        frames(in: bytes).map(StoredFact.frame) + promises(in: bytes, groups)
    }

    static func frames(in bytes: ArraySlice<UInt8>) -> [StoredFrame] {
        occurrences(of: [0x41, 0x44, 0x42, 0x01], in: bytes).compactMap {
            StoredFrame(bytes[$0...])
        }
    }

    private static func promises(in bytes: ArraySlice<UInt8>, _ groups: Set<UInt64>)
        -> [StoredFact]
    {
        groups.flatMap { group in
            // The hard state of a group: version 3, zero, the group, then what is promised.
            occurrences(of: littleEndian(group), in: bytes).compactMap { offset -> StoredFact? in
                guard offset - bytes.startIndex >= 8 else { return nil }
                let record = bytes[(offset - 8)...]
                guard record.count >= 32, record.uint64(at: 0) == 3 else { return nil }
                let ballot = WireBallot(round: record.uint64(at: 16), node: record.uint64(at: 24))
                return .promise(group: group, ballot: ballot)
            }
        }
    }

    /// The indices at which `pattern` starts.
    private static func occurrences(of pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> [Int] {
        var found: [Int] = []
        bytes.withUnsafeBytes { all in
            guard let base = all.baseAddress else { return }
            var from = 0
            while all.count - from >= pattern.count {
                guard let hit = memchr(base + from, Int32(pattern[0]), all.count - from) else {
                    return
                }
                let offset = base.distance(to: UnsafeRawPointer(hit))
                from = offset + 1
                guard all.count - offset >= pattern.count else { return }
                guard memcmp(hit, pattern, pattern.count) == 0 else { continue }
                found.append(bytes.startIndex + offset)
            }
        }
        return found
    }
}

extension StoredFrame {
    private static let headerSize = 64

    /// Reads a batch at the start of `bytes`, if there is a whole one: the entries fill it exactly.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count >= Self.headerSize else { return nil }
        let size = Int(bytes.uint32(at: 4))
        let count = bytes.uint32(at: 56)
        guard size >= Self.headerSize, size <= bytes.count, count > 0 else { return nil }
        guard bytes.uint32(at: 60) == 0, bytes.uint64(at: 24) > 0 else { return nil }
        var offset = Self.headerSize
        for _ in 0..<count {
            guard size - offset >= 8 else { return nil }
            offset += 8 + Int(bytes.uint32(at: offset))
        }
        guard offset == size else { return nil }
        group = bytes.uint64(at: 16)
        first = bytes.uint64(at: 24)
        last = first + UInt64(count) - 1
        ballot = WireBallot(round: bytes.uint64(at: 32), node: bytes.uint64(at: 40))
        previous = bytes.uint64(at: 48)
        checksum = bytes.uint64(at: 8)
    }
}

func littleEndian(_ value: UInt64) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

func littleEndian(_ value: UInt32) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
