internal import ADO
internal import CMultiPaxos

/// The digests of a log's results: a hash chain, one value after each entry, as far back as there
/// is room.
///
/// Replicas whose digests are equal at an index answered every entry through it alike; from the
/// first entry on that they did not, they differ for good.
struct DigestChain {
    /// Values that one chain holds at most.
    static let countMax = 1 << 18
    private static let countMin = 16

    /// The last index that has a digest.
    private(set) var last: UInt64
    /// The digest at `last`.
    private(set) var digest: UInt64
    /// The first index whose digest is held.
    private(set) var oldest: UInt64
    /// The value at index i is at i modulo the capacity, which is a power of two.
    private var values: [UInt64]

    /// Begins after an entry, or with 0 and 0 before the first one.
    init(after last: UInt64 = 0, digest: UInt64 = 0) {
        self.last = last
        self.digest = digest
        oldest = last
        values = Array(repeating: digest, count: Self.countMin)
    }

    /// The digest at an index; nil if it is not held.
    subscript(index: UInt64) -> UInt64? {
        guard index >= oldest, index <= last else { return nil }
        return values[position(index)]
    }

    /// How many values fit.
    var capacity: Int { values.count }

    private func position(_ index: UInt64) -> Int {
        Int(truncatingIfNeeded: index) & (values.count - 1)
    }
}

// MARK: - Growing

extension DigestChain {
    /// Appends the digest after each result record, up to the first of a replica that had stopped:
    /// what comes from there on says nothing of the log.
    mutating func append(_ records: UnsafeRawBufferPointer) {
        var offset = 0
        while offset < records.count {
            let head = UInt64(
                littleEndian: records.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            if head >> 32 == UInt64(ReplyOutcome.quarantined.rawValue) { return }
            let size = Int(UInt32(truncatingIfNeeded: head)) + Entries.headSize
            digest = mp_hash_seeded(records.baseAddress?.advanced(by: offset), size, digest)
            offset += size
            append()
        }
    }

    private mutating func append() {
        last += 1
        values[position(last)] = digest
        if last - oldest >= UInt64(values.count) { oldest = last + 1 - UInt64(values.count) }
    }

    /// The capacity with which `count` more values would push out none, within bounds.
    func capacity(for count: Int) -> Int {
        var wanted = capacity
        let held = Int(last - oldest) + 1
        while wanted < held + count, wanted < Self.countMax { wanted *= 2 }
        return wanted
    }

    /// Makes room, for a power of two.
    mutating func grow(to capacity: Int) {
        guard capacity > values.count else { return }
        let before = self
        values = Array(repeating: 0, count: capacity)
        for index in oldest...last { values[position(index)] = before[index] ?? 0 }
    }
}
