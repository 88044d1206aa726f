internal import CMultiPaxos

/// The bytes of one sealed batch, at an address that does not move, and what they decode to.
///
/// Nobody writes to a frame after it was sealed, so nodes and packets share it.
final class Frame {
    let bytes: UnsafeMutableBufferPointer<UInt8>
    let batch: mp_batch

    /// Takes over `bytes`; nil if they are not a batch.
    init?(owning bytes: UnsafeMutableBufferPointer<UInt8>) {
        var decoded = mp_batch()
        let status = mp_batch_decode(bytes.baseAddress, bytes.count, &decoded)
        self.bytes = bytes
        batch = decoded
        if status != MP_OK { return nil }
    }

    deinit { bytes.deallocate() }

    /// Seals a batch outside any replica: a log to start from, or a forgery.
    static func sealed(
        _ entries: [[UInt8]], group: UInt64 = 1, first: UInt64, ballot: mp_ballot,
        previous: UInt64
    ) -> Frame {
        var draft = Draft(entries)
        var batch = mp_batch()
        mp_batch_seal(&draft.builder, group, first, ballot, previous, &batch)
        return draft.finish()
    }

    var identity: mp_identity {
        mp_identity(
            first: batch.first, last: batch.last, ballot: batch.ballot, previous: batch.previous,
            checksum: batch.checksum, voters: batch.voters, admissions: batch.admissions,
            size: batch.size, count: batch.count)
    }

    var point: mp_point {
        mp_point(index: batch.last, ballot: batch.ballot, checksum: batch.checksum)
    }

    /// The payloads of the entries, in order.
    var payloads: [[UInt8]] {
        var result: [[UInt8]] = []
        var offset = MP_BATCH_HEADER_SIZE
        var entry = mp_entry()
        var view = batch
        while mp_batch_next(&view, &offset, &entry) {
            result.append(Array(UnsafeBufferPointer(start: entry.payload, count: Int(entry.size))))
        }
        return result
    }

    /// The payloads as text, for tests that write them as text.
    var texts: [String] { payloads.map { String(decoding: $0, as: UTF8.self) } }

    /// The bytes, copied: those of a frame live only as long as the frame.
    var copy: [UInt8] { withExtendedLifetime(self) { Array(bytes) } }

    func hasSameBytes(as other: Frame) -> Bool {
        self === other || bytes.elementsEqual(other.bytes)
    }
}

/// A batch that is not sealed yet.
struct Draft {
    let bytes: UnsafeMutableBufferPointer<UInt8>
    var builder = mp_batch_builder()

    /// An empty one with room for this many bytes of entries.
    init(room: UInt32) {
        let size = MP_BATCH_HEADER_SIZE + room
        bytes = .allocate(capacity: Int(size))
        mp_batch_begin(&builder, bytes.baseAddress, size)
    }

    init(_ entries: [[UInt8]], kind: UInt32 = MP_ENTRY_CALL.rawValue) {
        self.init(entries.map { Entry(kind: kind, payload: $0) })
    }

    init(_ entries: [Entry]) {
        self.init(room: entries.reduce(0) { $0 + MP_ENTRY_HEADER_SIZE + UInt32($1.payload.count) })
        for entry in entries {
            let status = mp_batch_append(
                &builder, entry.kind, entry.payload, UInt32(entry.payload.count))
            precondition(status == MP_OK, "a draft has room for its entries")
        }
    }

    /// One entry of a batch.
    struct Entry {
        let kind: UInt32
        let payload: [UInt8]
    }

    /// The frame, once somebody has sealed the builder.
    func finish() -> Frame {
        guard let frame = Frame(owning: bytes) else {
            preconditionFailure("a sealed batch decodes")
        }
        return frame
    }

    func discard() { bytes.deallocate() }
}

/// Frames of one log in the order of their indices: contiguous, but not always from 1.
struct FrameList {
    private(set) var frames: [Frame] = []

    var last: Frame? { frames.last }

    /// The position of the first frame that starts at `index` or later.
    private func position(of index: UInt64) -> Int {
        var low = 0
        var high = frames.count
        while low < high {
            let middle = (low + high) / 2
            if frames[middle].batch.first < index { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func frame(first: UInt64) -> Frame? {
        let at = position(of: first)
        return at < frames.count && frames[at].batch.first == first ? frames[at] : nil
    }

    func frame(holding index: UInt64) -> Frame? {
        if index == .max { return nil }
        let at = position(of: index + 1) - 1
        return at >= 0 && frames[at].batch.last >= index ? frames[at] : nil
    }

    /// False if the frame leaves a gap or overlaps.
    mutating func append(_ frame: Frame) -> Bool {
        if let last, last.batch.last + 1 != frame.batch.first { return false }
        frames.append(frame)
        return true
    }

    /// Puts another frame in the place of the one that starts at `first`.
    mutating func replace(first: UInt64, by frame: Frame) {
        let at = position(of: first)
        if at < frames.count && frames[at].batch.first == first { frames[at] = frame }
    }

    mutating func remove(from first: UInt64) {
        frames.removeSubrange(position(of: first)...)
    }

    mutating func remove(through index: UInt64) {
        let gone = frames.prefix { $0.batch.last <= index }.count
        if gone > 0 { frames.removeFirst(gone) }
    }
}
