/// A set of small numbers, of a capacity that is given once: sets are compared only with others of
/// the same capacity.
struct Bits: Hashable {
    /// The first 64 bits, which is nearly always all of them, cost no allocation.
    private var low: UInt64 = 0
    private var high: [UInt64]

    init(capacity: Int) {
        high = Array(repeating: 0, count: max(0, capacity - 1) / 64)
    }

    func contains(_ number: Int) -> Bool {
        let word = number < 64 ? low : high[number / 64 - 1]
        return word & (1 << UInt64(number % 64)) != 0
    }

    mutating func insert(_ number: Int) {
        let bit: UInt64 = 1 << UInt64(number % 64)
        if number < 64 { low |= bit } else { high[number / 64 - 1] |= bit }
    }

    mutating func remove(_ number: Int) {
        let bit: UInt64 = 1 << UInt64(number % 64)
        if number < 64 { low &= ~bit } else { high[number / 64 - 1] &= ~bit }
    }

    func isSubset(of other: Bits) -> Bool {
        guard low & ~other.low == 0 else { return false }
        return high.indices.allSatisfy { high[$0] & ~other.high[$0] == 0 }
    }
}
