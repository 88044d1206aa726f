/// Bytes under way in one direction of a connection, and when each may arrive.
///
/// It is bounded: while there is no room, nobody reads what the sender sends, which then waits.
struct LinkQueue {
    typealias Instant = ContinuousClock.Instant

    private struct Chunk {
        let received: Instant
        var bytes: ArraySlice<UInt8>
    }

    static let capacity = 1 << 20

    private var chunks: [Chunk] = []
    private var size = 0
    /// When a slow link has done with what left it last.
    private var freeAt: Instant?

    /// Whether the sender has closed its side.
    private(set) var isEnded = false

    /// How many bytes it takes.
    var room: Int { isEnded ? 0 : Self.capacity - size }

    /// Whether everything has arrived, and nothing more will come.
    var isDone: Bool { isEnded && chunks.isEmpty }

    /// Takes bytes that were sent at `now`.
    mutating func append(_ bytes: [UInt8], at now: Instant) {
        chunks.append(Chunk(received: now, bytes: bytes[...]))
        size += bytes.count
    }

    /// Takes the news that the sender has closed its side.
    mutating func end() {
        isEnded = true
    }

    /// When the next bytes may arrive; nil if there are none, or they never may.
    func due(_ fault: LinkFault) -> Instant? {
        guard let chunk = chunks.first, !fault.isSilent else { return nil }
        let arrives = chunk.received + fault.delay
        guard fault.bytesPerSecond != nil, let freeAt else { return arrives }
        return max(arrives, freeAt)
    }

    /// The bytes that may arrive at `now`; none before they are due.
    func ready(_ fault: LinkFault, at now: Instant) -> ArraySlice<UInt8> {
        guard let due = due(fault), due <= now, let chunk = chunks.first else { return [] }
        guard let rate = fault.bytesPerSecond else { return chunk.bytes }
        return chunk.bytes.prefix(max(1, rate / 50))
    }

    /// Removes the first `count` of the bytes that were ready, because they have arrived.
    mutating func remove(_ count: Int, _ fault: LinkFault, at now: Instant) {
        chunks[0].bytes.removeFirst(count)
        size -= count
        if chunks[0].bytes.isEmpty { chunks.removeFirst() }
        guard let rate = fault.bytesPerSecond else { return }
        freeAt = max(freeAt ?? now, now) + .seconds(1) * count / rate
    }
}
