internal import Synchronization

/// Places of the data vector that this client has reserved, and not used yet.
///
/// Those of a client that dies stay vacant, and cost nothing.
final class ReservedPlaces: Sendable {
    /// What a client has in store: some groups of writes as large as the last.
    private static let groupsAhead = 4
    private static let storeMin = 16
    private static let storeMax = 1024

    private let places = Mutex<[UInt64]>([])

    /// Takes the first out, as many as there are.
    func take(_ count: Int) -> [UInt64] {
        places.withLock { places in
            let taken = Array(places.prefix(count))
            places.removeFirst(taken.count)
            return taken
        }
    }

    /// Forgets those below an index, because some were sealed.
    func remove(below end: UInt64) { places.withLock { $0.removeAll { $0 < end } } }

    func add(_ more: some Sequence<UInt64>) { places.withLock { $0 += more } }

    /// How many to reserve after a group of so many writes; none while half of that is there.
    func lacking(after writes: Int) -> UInt64 {
        let wanted = min(Self.storeMax, max(Self.storeMin, Self.groupsAhead * writes))
        return places.withLock { $0.count >= wanted / 2 ? 0 : UInt64(wanted) }
    }
}
