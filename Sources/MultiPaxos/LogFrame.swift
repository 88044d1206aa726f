public import ADO
internal import CMultiPaxos

/// A committed batch of a log, lent to a callback.
///
/// The entries are a block: for each entry its payload's size and kind, four bytes each in little
/// endian, then the payload.
public struct LogFrame: ~Copyable {
    /// Index of the first entry.
    public let first: UInt64
    /// Index of the last entry.
    public let last: UInt64
    /// The ballot of every entry.
    public let ballot: Ballot
    /// The number of entries.
    public let count: Int
    /// The checksum of the batch, which covers the batches before it as well.
    public let checksum: UInt64
    /// The entries, valid as long as the callback runs.
    public let entries: UnsafeRawBufferPointer

    init(_ raw: mp_batch) {
        first = raw.first
        last = raw.last
        ballot = Ballot(raw.ballot)
        count = Int(raw.count)
        checksum = raw.checksum
        entries = raw.block
    }

    /// The payload of one entry; nil if the batch has no such entry.
    func payload(of index: UInt64) -> [UInt8]? {
        guard index >= first, index <= last else { return nil }
        var reader = Reader(entries)
        for _ in first..<index { guard Self.payload(&reader) != nil else { return nil } }
        return Self.payload(&reader).map { Array($0) }
    }

    private static func payload(_ reader: inout Reader) -> UnsafeRawBufferPointer? {
        guard let size = try? reader.u32(), (try? reader.u32()) != nil else { return nil }
        return try? reader.raw(Int(size))
    }
}

/// Where a fetch of committed frames ended.
public struct FetchEnd: Hashable, Sendable {
    /// The last index that was sent; one less than asked for if there was none.
    public let last: UInt64
    /// The last index that the server knows to be committed.
    public let commit: UInt64
    /// Whether that server's log begins after `last`, so that nothing could be sent.
    var isTrimmed = false
}

extension CommittedBlock {
    init(_ frame: borrowing LogFrame) {
        self.init(
            ballot: frame.ballot,
            entries: EntryBlock(
                first: frame.first, count: frame.count, bytes: Array(frame.entries)))
    }
}

extension mp_batch {
    /// The bytes after the header.
    var block: UnsafeRawBufferPointer {
        let header = Int(MP_BATCH_HEADER_SIZE)
        return UnsafeRawBufferPointer(
            start: UnsafeRawPointer(bytes)?.advanced(by: header), count: Int(size) - header)
    }
}

extension Ballot {
    init(_ raw: mp_ballot) { self.init(round: raw.round, node: raw.node) }
}
