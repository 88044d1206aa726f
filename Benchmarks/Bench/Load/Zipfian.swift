import Glibc

/// Which of `count` keys an operation uses, so that few are used by many: the key of rank `k` in
/// proportion to 1 / k^0.99, as in the Yahoo! Cloud Serving Benchmark.
///
/// The inverse of the distribution is approximated in closed form, as Gray and others do it in
/// *Quickly Generating Billion-Record Synthetic Databases*, so that a key costs two powers and no
/// table.
struct Zipfian: Sendable {
    static let skew = 0.99

    private let count: Double
    private let all: Double
    private let scale: Double
    private let power: Double

    init(count: Int) {
        precondition(count > 0, "no keys")
        self.count = Double(count)
        all = (1...count).reduce(0.0) { $0 + 1 / pow(Double($1), Self.skew) }
        power = 1 / (1 - Self.skew)
        let firstTwo = 1 + 1 / pow(2, Self.skew)
        scale =
            count < 3 ? 1 : (1 - pow(2 / self.count, 1 - Self.skew)) / (1 - firstTwo / all)
    }

    /// The rank, from 0, of a number that is spread evenly over all numbers.
    func rank(of number: UInt64) -> Int {
        let uniform = Double(number >> 11) * 0x1p-53
        let weight = uniform * all
        if weight < 1 { return 0 }
        if weight < 1 + pow(0.5, Self.skew) { return min(1, Int(count) - 1) }
        let rank = count * pow(scale * uniform - scale + 1, power)
        return min(max(Int(rank), 0), Int(count) - 1)
    }
}

/// How often each key is used.
package enum Distribution: String, Sendable, Codable, CaseIterable {
    /// All as often.
    case uniform
    /// Few by many.
    case zipfian
}
