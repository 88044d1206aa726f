/// All checkers that a trace feeds, for any number of groups.
///
///     var judge = Judge()
///     for record in records { if let violation = judge.add(record) { … } }
///     print(judge.finish())
///
/// Records come in an order in which they can have happened: what one node traced in its order, and
/// no effect before its cause. The first violation stands; nothing is judged after it.
public struct Judge: Sendable {
    private var groups: [GroupJudge] = []
    private var places: [UInt64: Int] = [:]
    private var recent: (group: UInt64, place: Int)?
    private var gap: String?
    private var violation: Violation?

    /// Makes a judge that has seen nothing.
    public init() {}

    /// Takes the log of `group` as committed through `point` before the trace began.
    public mutating func assume(_ point: LogPoint, group: UInt64) {
        groups[place(of: group)].assume(point)
    }

    /// Says that records are missing, and why: what they might explain is not held against the run.
    public mutating func noteGap(_ reason: String) {
        if gap == nil { gap = reason }
        if let found = violation, Self.mayBeMissing(found) { violation = nil }
        for place in groups.indices { groups[place].refinement.stop(reason) }
    }

    /// Adds a record; returns what it breaks.
    public mutating func add(_ record: TraceRecord) -> Violation? {
        guard violation == nil else { return nil }
        if record.group != 0 {
            note(groups[place(of: record.group)].add(record))
        } else if record.kind == .started || record.kind == .diskLost {
            for place in groups.indices { note(groups[place].add(record)) }
        }
        return violation
    }

    /// Ends the run, and says what it was worth.
    public mutating func finish() -> Verdict {
        for place in groups.indices where violation == nil {
            note(groups[place].finish())
        }
        if let violation { return .violated(violation) }
        let gaps = groups.lazy.compactMap(\.refinement.gap)
        if let gap = gap ?? gaps.first { return .incomplete(gap) }
        return .holds
    }

    /// The tree of a group at this moment, as text, with `point` marked; for a report.
    public func drawing(of group: UInt64, marking point: LogPoint? = nil) -> String {
        guard let place = places[group] else { return "no tree: the group has no records" }
        return groups[place].refinement.drawing(marking: point)
    }

    /// Only a contradiction in what was seen is certain if not everything was seen.
    private mutating func note(_ found: Violation?) {
        guard let found, violation == nil else { return }
        if gap != nil, Self.mayBeMissing(found) { return }
        violation = found
    }

    private static func mayBeMissing(_ found: Violation) -> Bool {
        found.rule == Violation.unknownHistoryRule || found.rule == Refinement.rule
    }

    private mutating func place(of group: UInt64) -> Int {
        if let recent, recent.group == group { return recent.place }
        let place = places[group] ?? groups.count
        if place == groups.count {
            groups.append(GroupJudge())
            if let gap { groups[place].refinement.stop(gap) }
            places[group] = place
        }
        recent = (group, place)
        return place
    }
}

/// The checkers of one group.
struct GroupJudge: Sendable {
    private var agreement = Agreement()
    private var promises = Promises()
    private var ownership = Ownership()
    private var lido = LiDOChecker()
    var refinement = Refinement()

    mutating func assume(_ point: LogPoint) {
        lido.assume(point)
        refinement.assume(point)
    }

    mutating func add(_ record: TraceRecord) -> Violation? {
        agreement.add(record) ?? promises.add(record) ?? ownership.add(record)
            ?? lido.add(record) ?? refinement.add(record)
    }

    mutating func finish() -> Violation? {
        refinement.finish()
    }
}
