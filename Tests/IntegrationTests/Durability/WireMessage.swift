/// A message as the `durable` shim saw it leave: what mp/message.h says of the header.
struct WireMessage {
    enum Kind {
        static let promise: UInt8 = 2
        static let accept: UInt8 = 6
        static let accepted: UInt8 = 7
        static let commit: UInt8 = 8
        static let hello: UInt8 = 64
        static let reply: UInt8 = 71
    }

    static let headerSize = 120
    static let magic: UInt32 = 0x014f_4441

    var kind: UInt8
    var outcome: UInt8 = 0
    var group: UInt64 = 0
    var ballot = WireBallot(round: 0, node: 0)
    var index: UInt64 = 0
    var checksum: UInt64 = 0
    var payload: ArraySlice<UInt8> = []
}

extension WireMessage {
    /// Reads a message whose whole bytes are `bytes`.
    init(_ bytes: ArraySlice<UInt8>) {
        kind = UInt8(truncatingIfNeeded: bytes.uint32(at: 16))
        outcome = UInt8(truncatingIfNeeded: bytes.uint32(at: 16) >> 8)
        group = bytes.uint64(at: 24)
        ballot = WireBallot(round: bytes.uint64(at: 32), node: bytes.uint64(at: 40))
        index = bytes.uint64(at: 48)
        checksum = bytes.uint64(at: 72)
        payload = bytes.dropFirst(Self.headerSize)
    }

    /// The bytes of the message, without checksums: nobody but the checker reads them.
    var encoded: [UInt8] {
        var bytes = littleEndian(Self.magic)
        bytes += littleEndian(UInt32(Self.headerSize + payload.count)) + littleEndian(UInt64(0))
        bytes += [kind, outcome, 0, 0, 0, 0, 0, 0] + littleEndian(group)
        bytes += littleEndian(ballot.round) + littleEndian(ballot.node)
        bytes += littleEndian(index) + littleEndian(ballot.round) + littleEndian(ballot.node)
        bytes += littleEndian(checksum)
        bytes += [UInt8](repeating: 0, count: Self.headerSize - bytes.count)
        return bytes + payload
    }

    /// The answers in a REPLY: where in the log the call is, and what became of it.
    var answers: [(index: UInt64, outcome: UInt32)] {
        var answers: [(UInt64, UInt32)] = []
        var rest = payload
        while rest.count >= 24 {
            answers.append((rest.uint64(at: 8), rest.uint32(at: 20)))
            rest = rest.dropFirst(24 + Int(rest.uint32(at: 16)))
        }
        return answers
    }
}

/// The bytes of one socket, cut into messages as they come.
struct WireStream {
    private var rest: [UInt8] = []
    /// True once no message can start where the next one should: nothing more can be read.
    private(set) var isLost = false

    /// Adds bytes and returns the messages that are now whole.
    mutating func take(_ bytes: ArraySlice<UInt8>) -> [WireMessage] {
        rest += bytes
        var messages: [WireMessage] = []
        var view = rest[...]
        while view.count >= WireMessage.headerSize, !isLost {
            let size = Int(view.uint32(at: 4))
            isLost = view.uint32(at: 0) != WireMessage.magic || size < WireMessage.headerSize
            guard !isLost, view.count >= size else { break }
            messages.append(WireMessage(view.prefix(size)))
            view = view.dropFirst(size)
        }
        rest = Array(view)
        return messages
    }
}
