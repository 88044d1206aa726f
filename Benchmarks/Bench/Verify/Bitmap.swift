/// One bit for each of a fixed number of positions.
struct Bitmap: Sendable {
    private var words: [UInt64]

    init(count: Int) {
        words = [UInt64](repeating: 0, count: (count + 63) / 64)
    }

    subscript(position: UInt64) -> Bool {
        words[Int(position / 64)] & (1 << (position % 64)) != 0
    }

    /// Sets a bit.
    ///
    /// - Returns: whether it was clear.
    mutating func insert(_ position: UInt64) -> Bool {
        let word = Int(position / 64)
        let bit: UInt64 = 1 << (position % 64)
        defer { words[word] |= bit }
        return words[word] & bit == 0
    }
}
