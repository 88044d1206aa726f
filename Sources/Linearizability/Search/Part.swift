/// The operations of one key, arranged for the search.
///
/// Calls and returns are put into one line of events, in which an operation comes before another if
/// its return comes before the other's call.
struct Part {
    /// One operation.
    struct Item {
        /// Its position in the history.
        let position: Int
        let client: UInt64
        let call: UInt64
        /// When it returned; nil if the outcome is unknown.
        let end: UInt64?
        /// Which input and output it has: operations of one label are the same to the model.
        let label: Int
    }

    /// A call, or a return.
    struct Event {
        let item: Int
        let isReturn: Bool
    }

    /// The operations, by call, end and position.
    let items: [Item]
    /// Their calls and returns, by time, and in one instant all calls before all returns.
    let events: [Event]
    /// Where in the line each item is called.
    let calls: [Int]
    /// Where in the line each item returns; `Int.max` for unknown outcomes.
    let returns: [Int]
    /// A number for each item, small and of its own while it runs, or among the unknown outcomes.
    let slots: [Int]
    /// The number of slots of items that return.
    let slotCount: Int
    /// The items of unknown outcome, by call.
    let unknown: [Int]
    /// The item that returned to the same client in the very instant of the call: it comes before,
    /// although the line of events has them overlap.
    let predecessors: [Int?]
    /// An item with the same label that was called earlier and returned earlier, or both never.
    ///
    /// If there is an order at all then there is one in which this twin comes first.
    let twins: [Int?]

    init(_ items: [Item]) {
        self.items = items
        events = Self.line(of: items)
        var calls = Array(repeating: Int.max, count: items.count)
        var returns = calls
        for (place, event) in events.enumerated() {
            if event.isReturn { returns[event.item] = place } else { calls[event.item] = place }
        }
        self.calls = calls
        self.returns = returns
        unknown = items.indices.filter { items[$0].end == nil }
        (slots, slotCount) = Self.slots(of: items, events)
        predecessors = Self.predecessors(of: items)
        twins = Self.twins(of: items)
    }

    private static func line(of items: [Item]) -> [Event] {
        let calls = items.indices.map { Event(item: $0, isReturn: false) }
        let returns = items.indices.filter { items[$0].end != nil }
            .map { Event(item: $0, isReturn: true) }
        func order(_ event: Event) -> (UInt64, Int, Int) {
            let item = items[event.item]
            let time = event.isReturn ? item.end ?? .max : item.call
            return (time, event.isReturn ? 1 : 0, event.item)
        }
        return (calls + returns).sorted { order($0) < order($1) }
    }

    private static func slots(of items: [Item], _ events: [Event]) -> ([Int], Int) {
        var slots = Array(repeating: 0, count: items.count)
        var free: [Int] = []
        var (slotCount, unknownCount) = (0, 0)
        for event in events {
            if event.isReturn {
                free.append(slots[event.item])
            } else if items[event.item].end == nil {
                slots[event.item] = unknownCount
                unknownCount += 1
            } else if let slot = free.popLast() {
                slots[event.item] = slot
            } else {
                slots[event.item] = slotCount
                slotCount += 1
            }
        }
        return (slots, slotCount)
    }

    private static func predecessors(of items: [Item]) -> [Int?] {
        var last: [UInt64: Int] = [:]
        return items.indices.map { index in
            let item = items[index]
            let previous = last[item.client]
            if item.end != nil { last[item.client] = index }
            guard let previous, items[previous].end == item.call else { return nil }
            return previous
        }
    }

    private static func twins(of items: [Item]) -> [Int?] {
        var last: [Int: Int] = [:]
        return items.indices.map { index in
            let item = items[index]
            guard let twin = last.updateValue(index, forKey: item.label) else { return nil }
            // In one instant a client's own order could forbid to exchange the two.
            guard items[twin].call < item.call else { return nil }
            switch (items[twin].end, item.end) {
            case (nil, nil): return twin
            case (let earlier?, let later?): return earlier < later ? twin : nil
            default: return nil
            }
        }
    }
}
