/// Who owns which time: somebody, explicitly nobody, or not known yet.
///
/// Whatever maps a time also maps every time below it, so that the mapped ones are all up to
/// `highest`; those that have no owner here belong to nobody.
public struct Owners: Hashable, Sendable {
    private var owners: [Ballot: UInt64] = [:]

    /// The highest time that is mapped.
    public private(set) var highest = Ballot.none

    /// Makes a map in which no time is mapped.
    public init() {}

    /// Who owns `time`; nil if nobody does.
    public subscript(time: Ballot) -> UInt64? { owners[time] }

    /// Whether `time` has an owner, or is known to have none.
    public func isMapped(_ time: Ballot) -> Bool { time <= highest }

    /// Who owns the highest time that is mapped: the only one who can push.
    public var maxOwner: UInt64? { owners[highest] }

    /// Gives `time` to `owner`, and every unmapped time below to nobody.
    public mutating func give(_ time: Ballot, to owner: UInt64) {
        owners[time] = owner
        highest = max(highest, time)
    }

    /// Gives every unmapped time up to `time` to nobody.
    public mutating func close(_ time: Ballot) {
        highest = max(highest, time)
    }

    /// Whether every owner of `earlier` still owns the same time.
    func keeps(_ earlier: Owners) -> Bool {
        earlier.owners.allSatisfy { owners[$0.key] == $0.value }
    }
}
