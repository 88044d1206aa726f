internal import CMultiPaxos

/// The entries of a batch, a few at a time.
struct EntrySlices: Sequence, IteratorProtocol {
    /// Entries that follow each other.
    struct Slice {
        let bytes: UnsafeRawBufferPointer
        let count: Int
        let first: UInt64
    }

    /// Entries of one slice.
    static let countMax = 32

    private var rest: UnsafeRawBufferPointer
    /// The entries that are left, and the index of the first of them.
    private(set) var left: Int
    private(set) var first: UInt64

    init(of batch: mp_batch) {
        self.init(batch.block, count: Int(batch.count), first: batch.first)
    }

    init(_ block: UnsafeRawBufferPointer, count: Int, first: UInt64) {
        rest = block
        left = count
        self.first = first
    }

    mutating func next() -> Slice? {
        guard left > 0 else { return nil }
        let count = Swift.min(left, Self.countMax)
        // What cannot be cut is left to whoever decodes it.
        let size = count == left ? nil : size(of: count)
        let slice = Slice(
            bytes: UnsafeRawBufferPointer(rebasing: rest[..<(size ?? rest.count)]),
            count: size == nil ? left : count, first: first)
        rest = UnsafeRawBufferPointer(rebasing: rest[slice.bytes.count...])
        left -= slice.count
        first += UInt64(slice.count)
        return slice
    }

    /// The bytes of the next entries; nil if there are fewer.
    private func size(of count: Int) -> Int? {
        let head = Int(MP_ENTRY_HEADER_SIZE)
        var size = 0
        for _ in 0..<count {
            guard rest.count - size >= head else { return nil }
            let payload = rest.loadUnaligned(fromByteOffset: size, as: UInt32.self)
            size += head
            guard rest.count - size >= Int(UInt32(littleEndian: payload)) else { return nil }
            size += Int(UInt32(littleEndian: payload))
        }
        return size
    }
}
