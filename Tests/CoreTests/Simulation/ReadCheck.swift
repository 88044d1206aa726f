import CMultiPaxos

/// A read may be answered only by a state that holds everything committed before it was asked.
struct ReadCheck {
    private struct Key: Hashable {
        let node: UInt64
        let group: UInt64
    }

    private var asked: [Key: [UInt64]] = [:]
    private var answered: [Key: UInt64] = [:]
    private(set) var count = 0

    /// Takes note of a read that may only see `floor` or later.
    mutating func ask(_ node: UInt64, _ group: UInt64, floor: UInt64) {
        asked[Key(node: node, group: group), default: []].append(floor)
    }

    /// The owner is deposed: its reads will be asked elsewhere.
    mutating func forget(_ node: UInt64, _ group: UInt64) {
        asked[Key(node: node, group: group)] = nil
    }

    mutating func forget(_ node: UInt64) {
        for key in Array(asked.keys) where key.node == node { asked[key] = nil }
    }

    /// Checks the reads that a confirmation answers against what the node has applied.
    mutating func confirm(_ node: UInt64, _ outcome: mp_outcome, _ applied: UInt64) -> String? {
        let key = Key(node: node, group: outcome.group)
        let floors = asked[key] ?? []
        asked[key] = nil
        count += floors.count
        guard let floor = floors.max(), floor > applied else { return nil }
        return "node \(node) may answer a read at \(applied), committed before it was \(floor)"
    }
}
