import CMultiPaxos
import Testing

@testable import ADOSimulator

@Suite struct `A batch` {
    static let entries = [Array("set mode safe".utf8), [], Array("get".utf8), [0, 255, 7]]

    static func sample() -> Frame {
        Frame.sealed(
            entries, group: 7, first: 42, ballot: mp_ballot(3, clientBit | 9), previous: 0xFEED)
    }

    @Test func `reads back what was sealed`() {
        let frame = Self.sample()
        #expect(frame.batch.group == 7)
        #expect(frame.batch.first == 42)
        #expect(frame.batch.last == 45)
        #expect(frame.batch.ballot == mp_ballot(3, clientBit | 9))
        #expect(frame.batch.previous == 0xFEED)
        #expect(frame.batch.count == 4)
        #expect(Int(frame.batch.size) == frame.bytes.count)
        #expect(frame.payloads == Self.entries)
    }

    @Test func `covers with its checksum the bytes that the format says`() {
        let frame = Self.sample()
        let bytes = frame.copy
        let hash = bytes.withUnsafeBytes { mp_hash($0.baseAddress! + 16, $0.count - 16) }
        #expect(hash == frame.batch.checksum)
    }

    @Test func `of a configuration reads back its voters, and holds nothing else`() {
        var draft = Draft(room: 64)
        defer { draft.discard() }
        #expect(mp_batch_configure(&draft.builder, 0b1011, 0) == MP_OK)
        #expect(mp_batch_append(&draft.builder, MP_ENTRY_CALL.rawValue, nil, 0) == MP_BUSY)
        #expect(mp_batch_configure(&draft.builder, 0b1, 0) == MP_BUSY)
        var batch = mp_batch()
        mp_batch_seal(&draft.builder, 1, 1, mp_ballot(1, 1), 0, &batch)
        #expect(batch.voters == 0b1011)
        var decoded = mp_batch()
        let size = Int(draft.builder.size)
        #expect(mp_batch_decode(draft.bytes.baseAddress, size, &decoded) == MP_OK)
        #expect(decoded.voters == 0b1011)
        #expect(Self.sample().batch.voters == 0)
    }

    @Test func `of a configuration reads back the admissions that it names`() {
        var draft = Draft(room: 64)
        defer { draft.discard() }
        #expect(mp_batch_configure(&draft.builder, 0b111, 0x300) == MP_OK)
        #expect(draft.builder.size == MP_BATCH_HEADER_SIZE + MP_ENTRY_HEADER_SIZE + 16)
        var batch = mp_batch()
        mp_batch_seal(&draft.builder, 1, 1, mp_ballot(1, 1), 0, &batch)
        #expect(batch.voters == 0b111 && batch.admissions == 0x300)
        let bytes = Array(draft.bytes.prefix(Int(draft.builder.size)))
        var decoded = mp_batch()
        #expect(mp_batch_decode(bytes, bytes.count, &decoded) == MP_OK)
        #expect(decoded.voters == 0b111 && decoded.admissions == 0x300)
        for length in 0..<bytes.count {
            var shorter = Array(bytes[..<length])
            guard length > Int(MP_BATCH_HEADER_SIZE) + 8 else { continue }
            #expect(mp_batch_decode(shorter, length, &decoded) == MP_MALFORMED)
            shorter[Int(MP_BATCH_HEADER_SIZE)] = UInt8(length - Int(MP_BATCH_HEADER_SIZE) - 8)
            let isVoters = length == Int(MP_BATCH_HEADER_SIZE) + 16
            #expect(Self.sealAnew(&shorter) == (isVoters ? MP_OK : MP_MALFORMED))
        }
    }

    @Test(arguments: [
        [], [0], [UInt8](repeating: 0, count: 8), [UInt8](repeating: 255, count: 8),
        [7, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 8),
        [7, 0, 0, 0, 0, 0, 0, 0] + [1, 0, 0, 0, 1, 0, 0, 0],
    ])
    func `of a configuration that names no voters, or too many, is refused`(payload: [UInt8]) {
        let kind = MP_ENTRY_CONFIGURATION.rawValue
        var draft = Draft(room: 32)
        defer { draft.discard() }
        let size = UInt32(payload.count)
        #expect(mp_batch_append(&draft.builder, kind, payload, size) == MP_MALFORMED)
        #expect(draft.builder.count == 0)
        // The same entry under another kind, renamed behind the codec's back.
        #expect(mp_batch_append(&draft.builder, MP_ENTRY_CALL.rawValue, payload, size) == MP_OK)
        draft.bytes[Int(MP_BATCH_HEADER_SIZE) + 4] = UInt8(kind)
        var bytes = Array(draft.bytes.prefix(Int(draft.builder.size)))
        #expect(Self.sealAnew(&bytes) == MP_MALFORMED)
    }

    /// Gives bytes that were changed a header and a checksum that fit, and decodes them.
    private static func sealAnew(_ bytes: inout [UInt8]) -> mp_status {
        var batch = mp_batch()
        var builder = mp_batch_builder()
        let size = UInt32(bytes.count)
        return bytes.withUnsafeMutableBufferPointer { buffer in
            mp_batch_begin(&builder, buffer.baseAddress, size)
            builder.size = size
            builder.count = 1
            mp_batch_seal(&builder, 1, 1, mp_ballot(1, 1), 0, &batch)
            return mp_batch_decode(buffer.baseAddress, buffer.count, &batch)
        }
    }

    @Test func `is refused at every other length`() {
        let bytes = Self.sample().copy
        for length in 0..<bytes.count { #expect(decode(Array(bytes[..<length])) == MP_MALFORMED) }
        #expect(decode(bytes + [0]) == MP_MALFORMED)
    }

    @Test func `is refused after the flip of any single bit`() {
        let frame = Self.sample()
        var bytes = frame.copy
        for bit in 0..<bytes.count * 8 {
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            let status = decode(bytes)
            #expect(status == MP_MALFORMED || status == MP_CORRUPT, "bit \(bit)")
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        }
        #expect(decode(bytes) == MP_OK)
    }

    @Test func `names what a corrupt one claims to be`() {
        var bytes = Self.sample().copy
        bytes[bytes.count - 1] ^= 1
        var batch = mp_batch()
        #expect(mp_batch_decode(bytes, bytes.count, &batch) == MP_CORRUPT)
        #expect(batch.group == 7)
        #expect(batch.first == 42)
        #expect(batch.ballot == mp_ballot(3, clientBit | 9))
    }

    @Test func `with a valid checksum but entries that do not fill it is malformed`() {
        for (offset, value) in [(56, UInt8(3)), (56, 5), (64, 200), (56, 0), (24, 0), (32, 0)] {
            var bytes = Self.sample().copy
            bytes[offset] = value
            if offset == 24 { for place in 24..<32 { bytes[place] = 0 } }
            let checksum = bytes.withUnsafeBytes { mp_hash($0.baseAddress! + 16, $0.count - 16) }
            for place in 0..<8 {
                bytes[8 + place] = UInt8(truncatingIfNeeded: checksum >> (8 * place))
            }
            #expect(decode(bytes) == MP_MALFORMED, "offset \(offset)")
        }
    }

    @Test func `takes entries until it is full and then changes nothing`() {
        var bytes = [UInt8](repeating: 0, count: 64 + 2 * 12)
        let size = UInt32(bytes.count)
        bytes.withUnsafeMutableBufferPointer { bytes in
            var builder = mp_batch_builder()
            mp_batch_begin(&builder, bytes.baseAddress, size)
            #expect(mp_batch_append(&builder, 1, [1, 2, 3, 4], 4) == MP_OK)
            #expect(mp_batch_append(&builder, 1, [1, 2, 3, 4, 5], 5) == MP_BUSY)
            #expect(builder.count == 1)
            #expect(mp_batch_append(&builder, 1, [1, 2, 3, 4], 4) == MP_OK)
            #expect(mp_batch_append(&builder, 1, [], 0) == MP_BUSY)
            #expect(builder.count == 2)
        }
    }

    @Test func `holds the largest entry and refuses a larger one`() {
        let limit = 1024 * 1024 - 4096
        let frame = Frame.sealed(
            [[UInt8](repeating: 7, count: limit)], first: 1, ballot: mp_ballot(1, 1), previous: 0)
        #expect(frame.payloads[0].count == limit)

        let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: limit + 4096)
        defer { bytes.deallocate() }
        var builder = mp_batch_builder()
        mp_batch_begin(&builder, bytes, UInt32(limit + 4096))
        let large = [UInt8](repeating: 7, count: limit + 1)
        #expect(mp_batch_append(&builder, 1, large, UInt32(large.count)) == MP_TOO_BIG)
        #expect(builder.count == 0)
    }

    @Test func `never crashes its reader whatever the bytes`() {
        var random = Random(seed: 1)
        let good = Self.sample().copy
        for round in 0..<100_000 {
            var bytes = random.bytes(random.below(160))
            // Plausible heads reach further into the decoder than noise does.
            if round % 2 == 0 {
                let head = min(bytes.count, 64)
                bytes.replaceSubrange(0..<head, with: good[..<head])
                if bytes.count >= 64 { bytes[random.below(64)] = UInt8(random.below(256)) }
                if bytes.count >= 8 { bytes[4] = UInt8(truncatingIfNeeded: bytes.count) }
            }
            let status = decode(bytes)
            if status == MP_OK { Issue.record("noise of round \(round) is a batch") }
        }
    }

    func decode(_ bytes: [UInt8]) -> mp_status {
        var batch = mp_batch()
        // An exact copy on the heap, so that a sanitizer sees a read past the end.
        let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(bytes.count, 1))
        defer { copy.deallocate() }
        copy.update(from: bytes, count: bytes.count)
        return mp_batch_decode(copy, bytes.count, &batch)
    }
}
