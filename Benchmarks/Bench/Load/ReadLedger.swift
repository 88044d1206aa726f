/// What every answered read of one client saw, in 32 bytes a read.
///
/// Reads are numbered from 1. Like a `RequestLedger` it grows by chunks. Above `most` reads nothing
/// is kept but that there were more, and the history of the run is then incomplete.
struct ReadLedger: Sendable {
    struct Read: Sendable, Equatable {
        /// The last index of the log that the answer has seen: 0 if it was that of an empty state.
        var index: UInt64 = 0
        /// The result as one number.
        var witness: UInt64 = 0
        var interval = Interval(called: 0)
    }

    private static let chunkBits: UInt64 = 13

    let most: UInt64
    private var chunks: [ContiguousArray<Read>] = []

    /// The highest number of a read that is kept.
    private(set) var last: UInt64 = 0

    /// Reads that were answered, but not kept.
    private(set) var dropped: UInt64 = 0

    init(most: UInt64) { self.most = most }

    /// What the read of this number saw; nil if it was not answered.
    subscript(_ number: UInt64) -> Read? {
        guard number >= 1, number <= last else { return nil }
        let (chunk, offset) = Self.place(number)
        let read = chunks[chunk][offset]
        return read.interval.returned == .max ? nil : read
    }

    /// Takes note of an answer.
    mutating func answered(_ number: UInt64, _ read: Read) {
        guard number <= most else {
            dropped += 1
            return
        }
        let (chunk, offset) = Self.place(number)
        while chunk >= chunks.count {
            chunks.append(ContiguousArray(repeating: Read(), count: 1 << Self.chunkBits))
        }
        chunks[chunk][offset] = read
        last = max(last, number)
    }

    private static func place(_ number: UInt64) -> (chunk: Int, offset: Int) {
        let position = number - 1
        return (Int(position >> chunkBits), Int(position & (1 << chunkBits - 1)))
    }
}
