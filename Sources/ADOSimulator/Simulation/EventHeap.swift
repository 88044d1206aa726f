/// What a timed run does next.
enum Happening {
    /// On the connection that had this epoch when the packet left.
    case arrive(Packet, epoch: UInt32)
    /// A packet arrives whose bytes were damaged on the way.
    case arriveDamaged(Packet)
    case flush(UInt64, life: Int)
    case work
    case crowd
    /// Whoever believes to be elected has a call to carry out, and so on at this interval.
    case nudge(every: UInt64, number: Int)
    /// Every driver looks for damaged frames, and repairs those it knows of.
    case repair
    /// Every owner names the disks that were admitted anew.
    case name
    case begin(Int)
    case end(Int)
    case restart(UInt64)
    case pull(UInt64, group: UInt64)
    case invoke(UInt64, group: UInt64)
    /// Both ends find each other again.
    case reconnect(UInt64, UInt64)
    case call(CallStep)
    case app(AppStep)
    /// A snapshot that a member asked for is there, in the life in which it asked.
    case snapshot(UInt64, group: UInt64, life: Int)
}

/// Happenings in the order of their times, and of their entry at the same time.
///
/// What is moved about while sorting is small and counts no references; the happenings themselves
/// stay in their slots.
struct EventHeap {
    private struct Item {
        let time: UInt64
        let order: UInt64
        let slot: Int

        func isBefore(_ other: Item) -> Bool {
            time == other.time ? order < other.order : time < other.time
        }
    }

    private var items: [Item] = []
    private var slots: [Happening?] = []
    private var free: [Int] = []
    private var order: UInt64 = 0

    var nextTime: UInt64 { items.first?.time ?? .max }

    mutating func add(_ happening: Happening, at time: UInt64) {
        order += 1
        let item = Item(time: time, order: order, slot: store(happening))
        items.append(item)
        var child = items.count - 1
        while child > 0, item.isBefore(items[(child - 1) / 2]) {
            items[child] = items[(child - 1) / 2]
            child = (child - 1) / 2
        }
        items[child] = item
    }

    private mutating func store(_ happening: Happening) -> Int {
        guard let slot = free.popLast() else {
            slots.append(happening)
            return slots.count - 1
        }
        slots[slot] = happening
        return slot
    }

    mutating func takeNext() -> Happening? {
        guard let first = items.first else { return nil }
        let last = items.removeLast()
        if !items.isEmpty { sink(last) }
        free.append(first.slot)
        return slots[first.slot].take()
    }

    /// Puts an item into the place of the first one.
    private mutating func sink(_ item: Item) {
        var parent = 0
        while 2 * parent + 1 < items.count {
            var child = 2 * parent + 1
            if child + 1 < items.count, items[child + 1].isBefore(items[child]) { child += 1 }
            if item.isBefore(items[child]) { break }
            items[parent] = items[child]
            parent = child
        }
        items[parent] = item
    }
}
