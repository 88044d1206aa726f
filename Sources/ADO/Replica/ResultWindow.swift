/// The results of one session that its client may still ask for.
///
/// Records are dense: that of request `base + n` is the n-th, absent or not, so that finding one is
/// an addition. Their bytes lie in one buffer, because thousands of results are kept per session
/// and an array for each would cost an allocation per call. What is bounded, compared and encoded
/// is the records and their bytes, never how the buffer happens to lie: that depends on copies.
struct ResultWindow: Sendable {
    private struct Record {
        var outcome: UInt32
        var length: UInt32
        var offset: Int

        static let absent = Record(outcome: .max, length: 0, offset: 0)

        /// The bytes of an encoded record, at most, without those of the result.
        static let headMax = 9

        var isAbsent: Bool { outcome == .max }
        /// An empty result lies nowhere: the bytes around it may be gone.
        var range: Range<Int> { length == 0 ? 0..<0 : offset..<offset + Int(length) }
    }

    /// The lowest request whose record is kept; from 1.
    private(set) var base: UInt64 = 1

    /// Bytes of the results kept.
    private(set) var liveBytes = 0

    /// Records before `start` are given up; they go when they are the larger part.
    private var records: [Record] = []
    private var start = 0
    private var bytes: [UInt8] = []

    /// The number of records kept, absent ones between them included.
    var count: Int { records.count - start }

    enum Admission {
        /// Nothing is known of the request.
        case new
        /// Its record was appended.
        case answered
        /// It is below what is kept.
        case forgotten
    }

    /// Looks up `request` and appends its record, if there is one.
    ///
    /// Mutating, so that the caller's window is used in place: a copy would cost two reference
    /// counts per call.
    mutating func admit(_ request: UInt64, results: inout Writer) -> Admission {
        guard request >= base else { return .forgotten }
        guard request - base < UInt64(count) else { return .new }
        let record = records[start + Int(request - base)]
        guard !record.isAbsent else { return .new }
        results.u32(record.length)
        results.u32(record.outcome)
        results.raw(bytes[record.range])
        return .answered
    }

    /// Whether the outcome of `request` is kept.
    func isStored(_ request: UInt64) -> Bool {
        guard request >= base, request - base < UInt64(count) else { return false }
        return !records[start + Int(request - base)].isAbsent
    }

    /// Stores what became of `request`, which is new, within bounds.
    ///
    /// - Returns: By how much the bytes kept grew.
    mutating func store(
        _ request: UInt64, outcome: UInt32, payload: UnsafeRawBufferPointer,
        countMax: Int, bytesMax: Int
    ) -> Int {
        let before = liveBytes
        if request - base >= UInt64(countMax) {
            // Before it is stored, or a number far ahead would make a record for each in between.
            _ = raise(to: request - UInt64(countMax) + 1)
        }
        append(request, outcome: outcome, payload: payload)
        while liveBytes > bytesMax { _ = raise(to: base + 1) }
        return liveBytes - before
    }

    private mutating func append(
        _ request: UInt64, outcome: UInt32, payload: UnsafeRawBufferPointer
    ) {
        let position = Int(request - base)
        while count < position { records.append(.absent) }
        let record = Record(
            outcome: outcome, length: UInt32(payload.count), offset: bytes.count)
        if position == count {
            records.append(record)
        } else {
            records[start + position] = record
        }
        bytes.append(contentsOf: payload)
        liveBytes += payload.count
    }

    /// Gives up what is below `request`.
    ///
    /// - Returns: By how much the bytes kept shrank.
    mutating func raise(to request: UInt64) -> Int {
        guard request > base else { return 0 }
        let before = liveBytes
        let gone = Int(min(request - base, UInt64(count)))
        for position in start..<start + gone { liveBytes -= Int(records[position].length) }
        start += gone
        base = request
        if start == records.count || (start >= 64 && start > count) { dropRecords() }
        if bytes.count > 2 * liveBytes + 4096 { compact() }
        return before - liveBytes
    }

    private mutating func dropRecords() {
        records.removeFirst(start)
        start = 0
    }

    private mutating func compact() {
        if liveBytes == 0, bytes.capacity <= 16384 {
            return bytes.removeAll(keepingCapacity: true)
        }
        var kept: [UInt8] = []
        kept.reserveCapacity(2 * liveBytes + 4096)
        for position in start..<records.count {
            let record = records[position]
            records[position].offset = kept.count
            kept.append(contentsOf: bytes[record.range])
        }
        bytes = kept
    }
}

extension ResultWindow: BinaryCodable {
    func write(to writer: inout Writer) {
        writer.u64(base)
        writer.varint(UInt64(count))
        if count > 0 { writer.raw(encodedRecords) }
    }

    /// Made at once, because thousands of small appends cost more than one allocation.
    private var encodedRecords: [UInt8] {
        let room = count * Record.headMax + liveBytes
        return [UInt8](unsafeUninitializedCapacity: room) { buffer, written in
            var target = Cursor(buffer: UnsafeMutableRawBufferPointer(buffer))
            bytes.withUnsafeBytes { bytes in
                for record in records[start...] {
                    target.u32(record.outcome)
                    guard !record.isAbsent else { continue }
                    target.varint(record.length)
                    target.raw(UnsafeRawBufferPointer(rebasing: bytes[record.range]))
                }
            }
            written = target.count
        }
    }

    static func read(from reader: inout Reader) throws(DecodingFailure) -> ResultWindow {
        var window = ResultWindow()
        window.base = try reader.u64()
        // Beyond the last request, where that one's result was given up.
        guard window.base >= 1, window.base <= SessionTable.requestMax else { throw .malformed }
        let count = try reader.length()
        for position in 0..<count {
            let outcome = try reader.u32()
            guard outcome != .max else {
                // The last record was stored: nothing else makes the window longer.
                guard position + 1 < count else { throw .malformed }
                continue
            }
            guard let known = ReplyOutcome(rawValue: outcome), known.isStored else {
                throw .malformed
            }
            let length = try reader.length()
            window.append(
                window.base + UInt64(position), outcome: outcome, payload: try reader.raw(length))
        }
        return window
    }
}

/// Writes into memory that has room for all that comes.
private struct Cursor {
    let buffer: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    mutating func u32(_ value: UInt32) {
        buffer.storeBytes(of: value.littleEndian, toByteOffset: count, as: UInt32.self)
        count += 4
    }

    mutating func varint(_ value: UInt32) {
        var rest = value
        while rest >= 0x80 {
            buffer[count] = UInt8(truncatingIfNeeded: rest) | 0x80
            rest >>= 7
            count += 1
        }
        buffer[count] = UInt8(truncatingIfNeeded: rest)
        count += 1
    }

    mutating func raw(_ bytes: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).copyMemory(from: bytes)
        count += bytes.count
    }
}

extension ReplyOutcome {
    /// Whether a session keeps this outcome of a request.
    var isStored: Bool {
        self == .ok || self == .thrown || self == .cancelled || self == .removed
    }
}
