internal import CMultiPaxos

/// Who waits for a read.
struct ReadTicket {
    let caller: Int
    let attempt: Int
    let method: [UInt8]
}

/// A read may be answered only by a state that holds everything committed before it was asked.
///
/// One round of messages answers the reads that were asked before it began; those asked during a
/// round wait for the next, as a driver would make them.
struct ReadCheck {
    private struct Key: Hashable {
        let node: UInt64
        let group: UInt64
    }

    private struct Waiting {
        var now: UInt64?
        var next: UInt64?
        var nowTickets: [ReadTicket] = []
        var nextTickets: [ReadTicket] = []
    }

    private var asked: [Key: Waiting] = [:]
    let name: String
    private(set) var count = 0
    /// Who waited for the round that was answered last.
    private(set) var answered: [ReadTicket] = []

    init(_ name: String) { self.name = name }

    /// Takes note of a read that may only see `floor` or later.
    mutating func ask(
        _ node: UInt64, _ group: UInt64, floor: UInt64, ticket: ReadTicket? = nil
    ) {
        let key = Key(node: node, group: group)
        var waiting = asked[key] ?? Waiting()
        if waiting.now == nil {
            waiting.now = floor
            if let ticket { waiting.nowTickets.append(ticket) }
        } else {
            waiting.next = floor
            if let ticket { waiting.nextTickets.append(ticket) }
        }
        asked[key] = waiting
    }

    /// The node asks no more: it is not the owner, and its reads will be asked elsewhere.
    mutating func forget(_ node: UInt64, _ group: UInt64) {
        asked[Key(node: node, group: group)] = nil
    }

    mutating func forget(_ node: UInt64) {
        for key in Array(asked.keys) where key.node == node { asked[key] = nil }
    }

    /// Checks the reads that a round answers with a state through `index`.
    mutating func answer(_ node: UInt64, _ group: UInt64, through index: UInt64) -> String? {
        let key = Key(node: node, group: group)
        answered = []
        guard let waiting = asked[key], let floor = waiting.now else { return nil }
        asked[key] = waiting.next.map { Waiting(now: $0, nowTickets: waiting.nextTickets) }
        answered = waiting.nowTickets
        count += 1
        if floor <= index { return nil }
        return
            "node \(node) answers a read (\(name)) through \(index), which misses \(floor)"
    }
}
