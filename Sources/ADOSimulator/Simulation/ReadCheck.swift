internal import CMultiPaxos

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
    }

    private var asked: [Key: Waiting] = [:]
    let name: String
    private(set) var count = 0

    init(_ name: String) { self.name = name }

    /// Takes note of a read that may only see `floor` or later.
    mutating func ask(_ node: UInt64, _ group: UInt64, floor: UInt64) {
        let key = Key(node: node, group: group)
        var waiting = asked[key] ?? Waiting()
        if waiting.now == nil { waiting.now = floor } else { waiting.next = floor }
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
        guard let waiting = asked[key], let floor = waiting.now else { return nil }
        asked[key] = waiting.next.map { Waiting(now: $0, next: nil) }
        count += 1
        if floor <= index { return nil }
        return
            "node \(node) answers a read (\(name)) through \(index), which misses \(floor)"
    }
}
