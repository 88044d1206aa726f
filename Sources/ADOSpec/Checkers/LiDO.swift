/// The preconditions of LiDO: the smallest statement of what consensus must do, as a judge.
///
/// A round is a batch: the ballot under which it was made, and its number, which rises within a
/// ballot (a trace uses the index of its last entry). Each round has at most one election, one
/// method and one commit:
///
///     pull(r) choosing p   p < r; p is the root or has a method; r has no election;
///                          for every r' < r: p >= r', or r' is not committed
///     invoke(r)            r has an election and no method
///     push(r)              r has a method;
///                          for every r' > r: r' has no election, or one with a parent >= r
///
/// The first round of a ballot has the election of the pull, each later one an implicit election
/// whose parent is the round before; those satisfy the conditions by themselves. This judge knows
/// nothing of trees, owners or state, so that it errs independently of the model. Nothing is
/// searched from end to end: the two conditions on all other rounds are kept as one sorted list
/// each, and a round costs 16 bytes.
public struct LiDO: Sendable {
    /// A batch: its ballot first, then its number.
    public struct Round: Hashable, Comparable, Sendable, CustomStringConvertible {
        /// The ballot under which it was made.
        public let ballot: Ballot
        /// Rises within the ballot.
        public let number: UInt64

        /// Where everything begins.
        public static let root = Round(ballot: .none, number: 0)

        /// Makes a round.
        public init(ballot: Ballot, number: UInt64) {
            self.ballot = ballot
            self.number = number
        }

        /// Orders by ballot, then by number.
        public static func < (left: Round, right: Round) -> Bool {
            if left.ballot == right.ballot { return left.number < right.number }
            return left.ballot < right.ballot
        }

        /// The round as `number@ballot`.
        public var description: String { self == .root ? "the root" : "\(number)@\(ballot)" }
    }

    /// The rounds of one ballot.
    private struct Tenure: Sendable {
        /// Nil if the ballot was never elected, as far as is known.
        var parent: Round?
        var numbers: [UInt64] = []
        var methods: [UInt64] = []
    }

    private var tenures: [Tenure] = []
    private var places: [Ballot: Int] = [:]
    private var elections = ElectionFloor()
    private var commits = CommitCeiling()
    /// The tenure that was asked for last: most questions are about the same one.
    private var recent: (ballot: Ballot, place: Int)?

    /// Makes a judge that has seen nothing.
    public init() {}

    /// Elects `ballot`, which adopts the branch that ends with `parent`.
    public mutating func pull(_ ballot: Ballot, choosing parent: Round) -> Violation? {
        let place = place(of: ballot)
        if let elected = tenures[place].parent {
            return Self.broken("\(ballot) is elected twice, on \(elected) and on \(parent)")
        }
        guard parent.ballot < ballot else {
            return Self.broken("\(ballot) adopts \(parent), which is not older")
        }
        tenures[place].parent = parent
        elections.insert(ballot, parent)
        guard holds(parent) else {
            return .unknownHistory("\(ballot) adopts \(parent), which nobody invoked")
        }
        if let commit = commits.highest(below: ballot), parent < commit {
            return Self.broken("\(ballot) adopts \(parent), although \(commit) is committed")
        }
        return nil
    }

    /// Puts a method into `round`.
    public mutating func invoke(_ round: Round, method: UInt64) -> Violation? {
        let place = place(of: round.ballot)
        if let last = tenures[place].numbers.last, round.number <= last {
            let before = Round(ballot: round.ballot, number: last)
            return Self.broken("\(round) is invoked, although \(before) was before")
        }
        tenures[place].numbers.append(round.number)
        tenures[place].methods.append(method)
        guard tenures[place].parent != nil else {
            return .unknownHistory("\(round) is invoked without an election of its ballot")
        }
        return nil
    }

    /// Commits `round`, and with it all that it stands on.
    public mutating func push(_ round: Round) -> Violation? {
        guard holds(round), round != .root else {
            return .unknownHistory("\(round) is committed, but nobody invoked it")
        }
        if let (ballot, parent) = elections.lowest(above: round.ballot), parent < round {
            return Self.broken("\(round) is committed, although \(ballot) adopted \(parent)")
        }
        commits.insert(round)
        return nil
    }

    /// Takes `round` as committed before the history began.
    public mutating func assume(_ round: Round, method: UInt64) {
        guard round != .root, !holds(round) else { return }
        let place = place(of: round.ballot)
        if tenures[place].parent == nil { tenures[place].parent = .root }
        tenures[place].numbers.append(round.number)
        tenures[place].methods.append(method)
        commits.insert(round)
    }

    /// The method of `round`, if it has one.
    public mutating func method(of round: Round) -> UInt64? {
        guard let place = known(round.ballot) else { return nil }
        guard let at = tenures[place].numbers.search(round.number) else { return nil }
        return tenures[place].methods[at]
    }

    private mutating func holds(_ round: Round) -> Bool {
        round == .root || method(of: round) != nil
    }

    private mutating func known(_ ballot: Ballot) -> Int? {
        if let recent, recent.ballot == ballot { return recent.place }
        guard let place = places[ballot] else { return nil }
        recent = (ballot, place)
        return place
    }

    private mutating func place(of ballot: Ballot) -> Int {
        if let place = known(ballot) { return place }
        tenures.append(Tenure())
        places[ballot] = tenures.count - 1
        return tenures.count - 1
    }

    private static func broken(_ explanation: String) -> Violation {
        Violation(rule: "LiDO", explanation: explanation)
    }
}

extension [UInt64] {
    /// Where `value` is among these, which rise; most likely at the end.
    func search(_ value: UInt64) -> Int? {
        if last == value { return count - 1 }
        let at = partitioningIndex { $0 >= value }
        return at < count && self[at] == value ? at : nil
    }
}

extension Array {
    /// The first place from which on `holds` is true; it is false before.
    func partitioningIndex(_ holds: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
