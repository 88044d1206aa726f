import CMultiPaxos
import Testing

@testable import ADOSimulator

@Suite struct `A message` {
    static func sample(kind: UInt8, _ random: inout Random) -> mp_message {
        var message = mp_message()
        message.kind = kind
        message.outcome = UInt8(random.below(5))
        message.flags = UInt16(random.below(4))
        message.group = random.next()
        message.ballot = mp_ballot(random.next(), random.next())
        message.point = mp_point(
            index: random.next(), ballot: mp_ballot(random.next(), random.next()),
            checksum: random.next())
        message.commit = random.next()
        message.sequence = random.next()
        message.value = random.next()
        return message
    }

    static func encode(_ message: mp_message, payload: [UInt8] = []) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(MP_MESSAGE_HEADER_SIZE))
        payload.withUnsafeBufferPointer { payload in
            var message = message
            message.payload = payload.baseAddress
            message.payload_size = UInt32(payload.count)
            mp_message_encode(&message, 0, &bytes)
        }
        return bytes + payload
    }

    struct Decoded {
        var status = MP_OK
        var message = mp_message()
        var payload: [UInt8] = []
        var consumed = 0
    }

    static func decode(_ bytes: [UInt8]) -> Decoded {
        let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(bytes.count, 1))
        defer { copy.deallocate() }
        copy.update(from: bytes, count: bytes.count)
        var result = Decoded()
        result.status = mp_message_decode(copy, bytes.count, &result.message, &result.consumed)
        result.payload = Array(
            UnsafeBufferPointer(
                start: result.message.payload, count: Int(result.message.payload_size)))
        result.message.payload = nil
        return result
    }

    @Test(arguments: (1...14).map(UInt8.init) + [64, 65, 200, 255])
    func `of every kind reads back as it was written`(kind: UInt8) {
        var random = Random(seed: UInt64(kind))
        for size in [0, 1, 8, 100, 3000] {
            let message = Self.sample(kind: kind, &random)
            let payload = random.bytes(size)
            let bytes = Self.encode(message, payload: payload)
            let decoded = Self.decode(bytes + [1, 2, 3])
            #expect(decoded.status == MP_OK)
            #expect(decoded.consumed == bytes.count)
            #expect(decoded.payload == payload)
            #expect(decoded.message.hasSameFields(as: message))
        }
    }

    @Test func `cut anywhere asks for more and says how much`() {
        var random = Random(seed: 3)
        let bytes = Self.encode(Self.sample(kind: 2, &random), payload: random.bytes(50))
        for length in 0..<bytes.count {
            let decoded = Self.decode(Array(bytes[..<length]))
            #expect(decoded.status == MP_PARTIAL)
            #expect(decoded.consumed == (length < 120 ? 120 : bytes.count))
        }
    }

    @Test(arguments: [UInt8](arrayLiteral: 2, 64))
    func `is never read as another after the flip of any single bit`(kind: UInt8) {
        var random = Random(seed: 4)
        var bytes = Self.encode(Self.sample(kind: kind, &random), payload: random.bytes(40))
        for bit in 0..<bytes.count * 8 {
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            let status = Self.decode(bytes).status
            // A larger size makes the reader wait; nothing is accepted before the rest is there.
            #expect(status == MP_MALFORMED || status == MP_PARTIAL, "bit \(bit)")
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        }
        #expect(Self.decode(bytes).status == MP_OK)
    }

    @Test func `with a batch is refused by the batch after the flip of any payload bit`() {
        var random = Random(seed: 5)
        let frame = `A batch`.sample()
        var bytes = Self.encode(
            Self.sample(kind: UInt8(MP_MESSAGE_ACCEPT.rawValue), &random),
            payload: frame.copy)
        for bit in 960..<bytes.count * 8 {
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            let decoded = Self.decode(bytes)
            var batch = mp_batch()
            let status = mp_batch_decode(decoded.payload, decoded.payload.count, &batch)
            #expect(decoded.status != MP_OK || status != MP_OK, "bit \(bit)")
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        }
    }

    @Test func `with its size changed is never accepted at another length`() {
        var random = Random(seed: 6)
        let payload = `A batch`.sample().copy
        let kinds = [MP_MESSAGE_PROMISE, MP_MESSAGE_ACCEPT].map { UInt8($0.rawValue) }
        for kind in kinds {
            let bytes = Self.encode(Self.sample(kind: kind, &random), payload: payload)
            for size in 0..<UInt32(bytes.count) {
                var changed = bytes
                for place in 0..<4 {
                    changed[4 + place] = UInt8(truncatingIfNeeded: size >> (8 * UInt32(place)))
                }
                let decoded = Self.decode(changed)
                var batch = mp_batch()
                let status = mp_batch_decode(decoded.payload, decoded.payload.count, &batch)
                #expect(
                    decoded.status == MP_MALFORMED
                        || (kind == kinds[1] && status == MP_MALFORMED), "size \(size)")
            }
        }
    }

    @Test(arguments: [16, 112])
    func `of no kind, or with something in a reserved place, is refused`(place: Int) {
        var random = Random(seed: 9)
        var bytes = Self.encode(Self.sample(kind: 2, &random))
        bytes[place] = place == 16 ? 0 : 1
        let checksum = bytes[16..<120].withUnsafeBytes { mp_hash($0.baseAddress, $0.count) }
        bytes.replaceSubrange(8..<16, with: withUnsafeBytes(of: checksum, Array.init))
        #expect(Self.decode(bytes).status == MP_MALFORMED)
    }

    @Test func `over the limit is refused before its payload is awaited`() {
        var random = Random(seed: 7)
        var bytes = Self.encode(Self.sample(kind: 64, &random))
        let size = UInt32(120 + 1024 * 1024 + 1)
        for place in 0..<4 {
            bytes[4 + place] = UInt8(truncatingIfNeeded: size >> (8 * UInt32(place)))
        }
        #expect(Self.decode(bytes).status == MP_MALFORMED)
    }

    @Test func `never crashes its reader whatever the bytes`() {
        var random = Random(seed: 8)
        let good = Self.encode(Self.sample(kind: 2, &random), payload: random.bytes(8))
        for round in 0..<100_000 {
            var bytes = random.bytes(random.below(200))
            if round % 2 == 0 {
                let head = min(bytes.count, 120)
                bytes.replaceSubrange(0..<head, with: good[..<head])
                if head > 0 { bytes[random.below(head)] = UInt8(random.below(256)) }
            }
            let decoded = Self.decode(bytes)
            if decoded.status == MP_OK && !bytes.starts(with: good[..<120]) {
                Issue.record("noise of round \(round) is a message")
            }
        }
    }
}
