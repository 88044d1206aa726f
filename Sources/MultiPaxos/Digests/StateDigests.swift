/// Digests of an object's whole state at a few indices.
///
/// What a method did to the state need not show in any result, so states are compared too. To hash
/// a state costs the state. So it is done at indices that all replicas choose alike: the ends of
/// batches that cross a multiple of a power of two, which is the larger the larger the state is;
/// and where an object is at rest, which is the same index everywhere.
struct StateDigests {
    struct Point {
        let index: UInt64
        let digest: UInt64
    }

    private static let countMax = 8
    /// A power of two of entries; and a byte of state costs as much as this many bytes of log.
    private static let intervalMin: UInt64 = 1024
    /// Of its time, what hashing states at rest may take: one part in so many.
    private static let share = 100

    private(set) var points: [Point] = []
    /// A state is being hashed, on another thread.
    private(set) var isHashing = false
    private var interval = Self.intervalMin
    private var restsUntil = ContinuousClock.Instant.now

    /// The digest at an index; nil if there is none.
    subscript(index: UInt64) -> UInt64? {
        points.last { $0.index == index }?.digest
    }

    /// Whether the state is to be hashed after the entries `first` to `last`.
    func isDue(_ first: UInt64, _ last: UInt64) -> Bool {
        (first - 1) / interval != last / interval && !isHashing
    }

    /// Whether the state is to be hashed now that nothing changes it.
    func isDueAtRest(_ index: UInt64) -> Bool {
        index > points.last?.index ?? 0 && !isHashing && .now >= restsUntil
    }

    mutating func begin() {
        isHashing = true
    }

    mutating func end(_ point: Point?, size: Int, took time: Duration) {
        isHashing = false
        restsUntil = .now + time * Self.share
        while interval < size, interval < 1 << 62 { interval *= 2 }
        while interval > Self.intervalMin, interval / 2 >= size { interval /= 2 }
        guard let point, point.index > points.last?.index ?? 0 else { return }
        if points.count == Self.countMax { points.removeFirst() }
        points.append(point)
    }
}
