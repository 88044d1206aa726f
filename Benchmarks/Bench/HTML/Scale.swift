import Glibc

/// Where values lie on an axis, and which of them get a label.
struct Scale {
    private let from: Double
    private let to: Double
    private let start: Double
    private let end: Double
    private let isLogarithmic: Bool

    /// Equal steps have equal lengths: from `start` to `end` of the picture.
    static func linear(_ values: ClosedRange<Double>, _ start: Double, _ end: Double) -> Scale {
        Scale(
            from: values.lowerBound, to: max(values.upperBound, values.lowerBound + 1e-9),
            start: start, end: end, isLogarithmic: false)
    }

    /// Equal factors have equal lengths; the values must be positive.
    static func logarithmic(
        _ values: ClosedRange<Double>, _ start: Double, _ end: Double
    ) -> Scale {
        let lowest = max(values.lowerBound, 1e-9)
        return Scale(
            from: log10(lowest), to: log10(max(values.upperBound, lowest * 1.01)),
            start: start, end: end, isLogarithmic: true)
    }

    /// Where a value lies; one beyond the ends lies on the end.
    func place(_ value: Double) -> Double {
        let value = isLogarithmic ? log10(max(value, 1e-9)) : value
        let fraction = min(max((value - from) / (to - from), 0), 1)
        return start + fraction * (end - start)
    }

    /// Round values for labels: on a linear axis about `count`, else the powers of ten, and what
    /// lies between them where they are few.
    func ticks(_ count: Int = 4) -> [Double] {
        guard !isLogarithmic else { return powers() }
        let raw = (to - from) / Double(max(count, 1))
        let power = pow(10, log10(raw).rounded(.down))
        let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= raw } ?? raw
        let first = (from / step).rounded(.up) * step
        return Array(stride(from: first, through: to * 1.0001, by: step))
    }

    private func powers() -> [Double] {
        let all = (Int(from.rounded(.down))...Int(to.rounded(.up))).map { pow(10, Double($0)) }
        let seen = { (values: [Double]) in
            values.filter { log10($0) >= from && log10($0) <= to }
        }
        let tens = seen(all)
        return tens.count >= 3 ? tens : seen(all.flatMap { [$0, 2 * $0, 5 * $0] })
    }
}

/// A large number with a letter: `1.2 k`, `400 k`, `2 M`.
func short(_ value: Double) -> String {
    if value >= 1e6 { return "\(number(value / 1e6)) M" }
    if value >= 1e3 { return "\(number(value / 1e3)) k" }
    return number(value)
}

/// Microseconds with the unit that suits.
func duration(_ microseconds: Double) -> String {
    if microseconds >= 1e6 { return "\(number(microseconds / 1e6)) s" }
    if microseconds >= 1e3 { return "\(number(microseconds / 1e3)) ms" }
    return "\(number(microseconds)) µs"
}
