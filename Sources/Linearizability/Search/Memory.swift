/// Where a search can stand.
///
/// Two orders of the same operations that lead to the same state are one configuration: what can
/// follow is the same.
struct Configuration: Hashable {
    /// The place of the first return whose operation has no place yet: all that returned before
    /// have one.
    var turn: Int
    /// The slots of those that have a place, although they return later.
    var placed: Bits
    /// The state of the object, by number.
    var state: Int
}

/// The configurations that a search has entered.
struct Memory {
    /// For each the sets of unknown outcomes that were spent to get there; empty if there are none
    /// in the history.
    private(set) var entered: [Configuration: [Bits]] = [:]
    /// The number of sets that were compared.
    private(set) var comparisons = 0

    /// Whether a configuration is worth entering.
    ///
    /// It is not if it was entered before at no higher price: whatever could follow now could have
    /// followed then.
    mutating func enters(_ configuration: Configuration, spent: Bits, isPriced: Bool) -> Bool {
        guard isPriced else {
            return entered.updateValue([], forKey: configuration) == nil
        }
        let place = entered[configuration, default: []]
        comparisons += place.count
        if place.contains(where: { $0.isSubset(of: spent) }) { return false }
        entered[configuration, default: []].append(spent)
        return true
    }
}
