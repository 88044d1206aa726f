/// Calls as the shim would log them, made up step by step, one nanosecond after the other.
struct SyntheticLog {
    private static let data: UInt64 = 7
    private static let socket: UInt64 = 8

    static let group: UInt64 = 0xfeed_0123_4567_89ab

    private(set) var calls: [SystemCall] = []
    private var now: UInt64

    /// Begins at `start`, so that the logs of several nodes can be put in order.
    init(from start: UInt64 = 0) {
        now = start
    }

    /// Writes a batch of one entry in a page of its own.
    mutating func write(batch index: UInt64, at ballot: WireBallot, checksum: UInt64? = nil) {
        write(Self.batch(index, at: ballot, checksum: checksum))
    }

    /// Writes the hard state of the group.
    mutating func write(promise ballot: WireBallot) {
        write(
            [3, 0, 0, 0, 0, 0, 0, 0] + littleEndian(Self.group) + littleEndian(ballot.round)
                + littleEndian(ballot.node))
    }

    mutating func flush() {
        add(.flush, Self.data)
    }

    /// Writes the page that makes LMDB use what was flushed.
    mutating func switchPages() {
        add(.write, Self.data, synchronous: true, [UInt8](repeating: 0, count: 120))
    }

    /// Flushes and switches: a commit of LMDB, without the pages.
    mutating func commit() {
        flush()
        switchPages()
    }

    mutating func send(_ kind: UInt8, _ index: UInt64, at ballot: WireBallot, outcome: UInt8 = 0) {
        send(
            WireMessage(
                kind: kind, outcome: outcome, group: Self.group, ballot: ballot, index: index,
                checksum: Self.checksum(index)))
    }

    /// Sends the batch as its owner does.
    mutating func send(accept index: UInt64, at ballot: WireBallot) {
        send(
            WireMessage(
                kind: WireMessage.Kind.accept, group: Self.group, ballot: ballot,
                payload: Self.batch(index, at: ballot, checksum: nil)[...]))
    }

    /// Answers a client's call.
    mutating func send(answer index: UInt64, outcome: UInt32 = 0) {
        let record =
            littleEndian(UInt64(1)) + littleEndian(index) + littleEndian(UInt32(0))
            + littleEndian(outcome)
        send(WireMessage(kind: WireMessage.Kind.reply, payload: record[...]))
    }

    mutating func send(_ message: WireMessage) {
        add(.send, Self.socket, message.encoded)
    }

    /// Sends bytes that need not be a message.
    mutating func send(raw bytes: [UInt8]) {
        add(.send, Self.socket, bytes)
    }

    private mutating func write(_ facts: [UInt8]) {
        let page = [UInt8](repeating: 0xee, count: 24) + facts + [UInt8](repeating: 0, count: 40)
        add(.write, Self.data, page)
    }

    private mutating func add(
        _ kind: SystemCall.Kind, _ inode: UInt64, synchronous: Bool = false, _ bytes: [UInt8] = []
    ) {
        calls.append(
            SystemCall(
                kind: kind, inode: inode, begin: now + 1, end: now + 2,
                isSynchronous: synchronous, bytes: bytes[...]))
        now += 3
    }

    private static func checksum(_ index: UInt64) -> UInt64 { 0xc0de_0000 + index }

    private static func batch(_ index: UInt64, at ballot: WireBallot, checksum own: UInt64?)
        -> [UInt8]
    {
        var bytes = littleEndian(UInt32(0x0142_4441)) + littleEndian(UInt32(64 + 8 + 3))
        bytes += littleEndian(own ?? checksum(index)) + littleEndian(group) + littleEndian(index)
        bytes += littleEndian(ballot.round) + littleEndian(ballot.node)
        bytes += littleEndian(index == 1 ? 0 : checksum(index - 1))
        bytes += littleEndian(UInt32(1)) + littleEndian(UInt32(0))
        return bytes + littleEndian(UInt32(3)) + littleEndian(UInt32(1)) + [1, 2, 3]
    }
}
