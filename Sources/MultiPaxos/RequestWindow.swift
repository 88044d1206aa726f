/// The requests of a session that were sent and are not finished.
///
/// Answers come in any order; the lowest unfinished request is what the replicas need to know, so
/// finished ones above it are remembered as bits of a ring.
@usableFromInline
struct RequestWindow: Sendable {
    /// The number of the next request.
    @usableFromInline private(set) var next: UInt64 = 1
    /// The lowest request that is not finished; `next` if there is none.
    @usableFromInline private(set) var lowest: UInt64 = 1
    private var finished: [UInt64]
    private let capacity: UInt64

    /// Makes a window of at least `capacity` requests.
    init(capacity: Int) {
        var words = 1
        while words * 64 < capacity { words *= 2 }
        finished = Array(repeating: 0, count: words)
        self.capacity = UInt64(words * 64)
    }

    /// How many requests may be taken.
    @usableFromInline var room: Int { Int(capacity - (next - lowest)) }

    /// How many requests are sent and not finished, counted from the lowest one.
    var span: Int { Int(next - lowest) }

    func isOpen(_ request: UInt64) -> Bool {
        guard request >= lowest, request < next else { return false }
        let (word, bit) = place(request)
        return finished[word] & bit == 0
    }

    mutating func take(_ count: Int) {
        precondition(count <= room, "more requests than the window has room for")
        next += UInt64(count)
    }

    mutating func finish(_ request: UInt64) {
        guard request >= lowest, request < next else { return }
        let (word, bit) = place(request)
        finished[word] |= bit
        guard request == lowest else { return }
        while lowest < next {
            let (word, bit) = place(lowest)
            guard finished[word] & bit != 0 else { return }
            finished[word] &= ~bit
            lowest += 1
        }
    }

    private func place(_ request: UInt64) -> (word: Int, bit: UInt64) {
        let slot = request & (capacity - 1)
        return (Int(slot >> 6), 1 << (slot & 63))
    }
}
