internal import CMultiPaxos

/// A message under way.
final class Packet: CustomStringConvertible {
    let from: UInt64
    let to: UInt64
    let message: mp_message
    let frame: Frame?

    init(from: UInt64, to: UInt64, message: mp_message, frame: Frame? = nil) {
        self.from = from
        self.to = to
        self.message = message
        self.frame = frame
    }

    func `is`(_ kind: mp_message_kind) -> Bool { UInt32(message.kind) == kind.rawValue }

    /// True for the heartbeats of the election.
    var isBeat: Bool { self.is(MP_MESSAGE_BEAT) || self.is(MP_MESSAGE_BEATEN) }

    var description: String {
        var text = "\(nodeName(from)) -> \(nodeName(to)) \(nameOfKind(message.kind))"
        if message.ballot.round != 0 { text += " \(message.ballot)" }
        if let frame {
            text += " \(frame.batch.first)...\(frame.point)"
        }
        if message.point.index != 0 || message.point.ballot.round != 0 {
            text += frame == nil ? " point \(message.point)" : " after \(message.point)"
        }
        if message.outcome != 0 { text += " \(nameOfOutcome(message.outcome))" }
        if message.commit != 0 { text += " commit \(message.commit)" }
        return text
    }

    /// The same packet after a trip through the wire form; nil if it did not survive it.
    func afterWire(_ codec: CoreLibrary, _ scratch: inout [UInt8]) -> Packet? {
        let payload = frame?.bytes.count ?? 0
        let size = Int(MP_MESSAGE_HEADER_SIZE) + payload
        if scratch.count < size { scratch = [UInt8](repeating: 0, count: size) }
        let decoded: mp_message? = scratch.withUnsafeMutableBufferPointer { bytes in
            guard let start = bytes.baseAddress else { return nil }
            var sent = message
            sent.payload = UnsafePointer(frame?.bytes.baseAddress)
            sent.payload_size = UInt32(payload)
            codec.encode(&sent, frame?.batch.checksum ?? 0, start)
            if let frame, let source = frame.bytes.baseAddress {
                (start + Int(MP_MESSAGE_HEADER_SIZE)).update(from: source, count: payload)
            }
            var received = mp_message()
            var consumed = 0
            guard codec.decode(start, size, &received, &consumed) == MP_OK,
                consumed == size, Int(received.payload_size) == payload
            else { return nil }
            return received
        }
        guard var decoded, decoded.hasSameFields(as: message) else { return nil }
        decoded.payload = nil
        decoded.payload_size = 0
        return Packet(from: from, to: to, message: decoded, frame: frame)
    }
}

extension Packet {
    /// Flips bytes of the encoded message; returns what was flipped if nobody notices.
    func passesDamaged(_ codec: CoreLibrary, _ random: inout Random) -> String? {
        var bytes = encoded(codec)
        let flips = 1 + random.below(4)
        var flipped: [Int: UInt8] = [:]
        for _ in 0..<flips {
            flipped[random.below(bytes.count)] = UInt8(1 + random.below(255))
        }
        for (place, mask) in flipped { bytes[place] ^= mask }
        guard bytes.withUnsafeBufferPointer({ decodes(codec, $0) }) else { return nil }
        return "bytes \(flipped.keys.sorted()) of it are damaged"
    }

    /// Whether bytes pass for a message, and what they carry for a batch.
    private func decodes(_ codec: CoreLibrary, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var received = mp_message()
        var consumed = 0
        guard codec.decode(bytes.baseAddress, bytes.count, &received, &consumed) == MP_OK
        else { return false }
        // A batch verifies itself, so that its bytes are not hashed twice.
        guard frame != nil else { return true }
        var batch = mp_batch()
        return codec.decodeBatch(received.payload, Int(received.payload_size), &batch) == MP_OK
    }

    private func encoded(_ codec: CoreLibrary) -> [UInt8] {
        var sent = message
        sent.payload = UnsafePointer(frame?.bytes.baseAddress)
        sent.payload_size = UInt32(frame?.bytes.count ?? 0)
        var header = [UInt8](repeating: 0, count: Int(MP_MESSAGE_HEADER_SIZE))
        codec.encode(&sent, frame?.batch.checksum ?? 0, &header)
        return header + (frame?.copy ?? [])
    }
}

extension mp_message {
    /// True if every field but the payload is equal.
    func hasSameFields(as other: mp_message) -> Bool {
        kind == other.kind && outcome == other.outcome && flags == other.flags
            && group == other.group && ballot == other.ballot && point == other.point
            && commit == other.commit && sequence == other.sequence && value == other.value
    }
}
