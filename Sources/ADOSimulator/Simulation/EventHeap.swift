/// What a timed run does next.
enum Happening {
    /// On the connection that had this epoch when the packet left.
    case arrive(Packet, epoch: UInt32)
    /// A packet arrives whose bytes were damaged on the way.
    case arriveDamaged(Packet)
    case flush(UInt64, life: Int)
    case work
    case begin(Int)
    case end(Int)
    case restart(UInt64)
    case pull(UInt64, group: UInt64)
    case invoke(UInt64, group: UInt64)
    /// Both ends find each other again.
    case reconnect(UInt64, UInt64)
    case call(CallStep)
}

/// Happenings in the order of their times, and of their entry at the same time.
struct EventHeap {
    private struct Item {
        let time: UInt64
        let order: Int
        let happening: Happening

        func isBefore(_ other: Item) -> Bool {
            time == other.time ? order < other.order : time < other.time
        }
    }

    private var items: [Item] = []
    private var order = 0

    var nextTime: UInt64 { items.first?.time ?? .max }

    mutating func add(_ happening: Happening, at time: UInt64) {
        order += 1
        items.append(Item(time: time, order: order, happening: happening))
        var child = items.count - 1
        while child > 0, items[child].isBefore(items[(child - 1) / 2]) {
            items.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func takeNext() -> Happening? {
        guard let first = items.first else { return nil }
        let last = items.removeLast()
        if items.isEmpty { return first.happening }
        items[0] = last
        var parent = 0
        while 2 * parent + 1 < items.count {
            var child = 2 * parent + 1
            if child + 1 < items.count, items[child + 1].isBefore(items[child]) { child += 1 }
            if items[parent].isBefore(items[child]) { break }
            items.swapAt(parent, child)
            parent = child
        }
        return first.happening
    }
}
