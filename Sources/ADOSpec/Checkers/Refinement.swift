internal import ADO

/// Whether the run of a group is a legal log of the model's events.
///
/// Records become events: `pulled` is Pull+, `invoked` Invoke+, `preempted` of a node that does not
/// own the group Pull*, and what the owner of a ballot reports as committed of it is Push+. A push
/// that was sent and never reported is undecided: it has no event.
///
/// Events are ordered by logical time, the ballot, and within it as they came: a proposer may learn
/// of its promises after a later one has committed. So they wait, and are folded half a window
/// at a time. What comes later than that cannot be ordered any more, and ends the check.
public struct Refinement: Sendable {
    private struct Step: Sendable {
        let order: UInt64
        let record: TraceRecord
    }

    private var state = ModelState()
    /// Where batches are in the tree; some are gone from it.
    private var names: [LogPoint: CacheID] = [.root: .root]
    private var owned: [UInt64: Ballot] = [:]
    private var waiting: [Step] = []
    private var isOrdered = true
    private var count: UInt64 = 0
    private var folded = Ballot.none
    private var highest: TraceRecord?
    private let window: Int

    static let rule = "refinement"

    /// Why the run cannot be checked to its end; nil if it can.
    public private(set) var gap: String?

    /// Makes a checker that orders at least `window` events.
    public init(window: Int = 32768) {
        precondition(window > 0, "a window must hold an event")
        self.window = window
    }

    /// Takes the log as committed through `point` before the trace began.
    public mutating func assume(_ point: LogPoint) {
        guard point.index > 0 else { return }
        let id = CacheID(time: point.ballot, depth: 1)
        let owner = point.ballot.node
        let cache = Cache(id: id, parent: .root, owner: owner, method: Self.method(point))
        var owners = Owners()
        owners.give(point.ballot, to: owner)
        state = ModelState(persist: [cache], caches: [], owners: owners)
        names = [point: id]
    }

    /// Ends the check, because records are missing.
    public mutating func stop(_ reason: String) {
        if gap == nil { gap = reason }
        waiting = []
    }

    /// Adds a record of the group; returns what the events that were folded break.
    public mutating func add(_ record: TraceRecord) -> Violation? {
        guard gap == nil, isEvent(record) else { return nil }
        guard Self.time(record) >= folded else {
            // Whoever was preempted below what has been folded closed what is closed.
            if record.kind == .preempted { return nil }
            stop("a record came too late to be ordered: \(record)")
            return nil
        }
        if let last = waiting.last, Self.time(record) < Self.time(last.record) { isOrdered = false }
        waiting.append(Step(order: count, record: record))
        count += 1
        return waiting.count < 2 * window ? nil : fold(window)
    }

    /// Folds what waits, and compares what is committed in the model with what nodes said.
    public mutating func finish() -> Violation? {
        if let violation = fold(waiting.count) { return violation }
        guard gap == nil, let highest, let id = names[highest.point], id != state.root else {
            return nil
        }
        return broken(highest, "its owner never pushed it", at: id)
    }
}

// MARK: - For a reader

extension Refinement {
    /// The tree of what was added so far, as text, with `point` marked if it is in it.
    ///
    /// It ends before the first event that is refused.
    public func drawing(marking point: LogPoint? = nil) -> String {
        if let gap { return "no tree: \(gap)" }
        var copy = self
        _ = copy.fold(copy.waiting.count)
        return copy.state.drawing(marking: point.flatMap { copy.names[$0] })
    }
}

// MARK: - From records to events

extension Refinement {
    /// Whether the record is an event of the model; takes note of who owns what.
    private mutating func isEvent(_ record: TraceRecord) -> Bool {
        switch record.kind {
        case .invoked: return true
        case .pulled:
            owned[record.node] = record.ballot
            return true
        case .committed:
            if highest.map({ record.point.index > $0.point.index }) ?? true { highest = record }
            return owned[record.node] == record.point.ballot
        case .preempted:
            return owned.removeValue(forKey: record.node) != record.ballot
        case .preparing, .pullFailed, .started, .diskLost:
            owned[record.node] = nil
            return false
        case .promised, .refused, .accepted, .truncated, .adopting, .pushed, .serving, .stale,
            .installed:
            return false
        }
    }

    private static func time(_ record: TraceRecord) -> Ballot {
        record.kind == .committed ? record.point.ballot : record.ballot
    }

    private static func method(_ point: LogPoint) -> String { "to \(point.index)" }

    private mutating func order() {
        guard !isOrdered else { return }
        waiting.sort { one, two in
            let (first, second) = (Self.time(one.record), Self.time(two.record))
            return first == second ? one.order < two.order : first < second
        }
        isOrdered = true
    }

    private mutating func fold(_ count: Int) -> Violation? {
        order()
        let steps = waiting.prefix(count)
        waiting.removeFirst(count)
        for step in steps {
            folded = Self.time(step.record)
            if let violation = fold(step.record) { return violation }
        }
        return nil
    }

    private mutating func fold(_ record: TraceRecord) -> Violation? {
        switch record.kind {
        case .preempted:
            let owners = state.owners
            if owners.isMapped(record.ballot), owners[record.ballot] == nil { return nil }
            return apply(.pullPreempted(record.node, record.ballot), record)
        case .pulled:
            guard let id = names[record.point] else {
                return broken(record, "the batch that it adopts is not in the tree")
            }
            return apply(.pulled(record.node, record.ballot, at: id), record)
        case .invoked:
            guard let position = state.cids[record.node], position.time == record.ballot else {
                return broken(record, "the node did not pull with this ballot")
            }
            names[record.point] = position.next
            return apply(.invoked(record.node, Self.method(record.point)), record)
        default:
            guard let id = names[record.point] else {
                return broken(record, "the batch is not in the tree")
            }
            defer { tidy() }
            return apply(.pushed(record.node, through: id), record)
        }
    }

    private mutating func apply(_ event: ModelEvent, _ record: TraceRecord) -> Violation? {
        if let refusal = state.refusal(of: event) {
            return broken(record, "\(event) is refused: \(refusal.sentence)", at: refusal.place)
        }
        state.apply(event)
        return nil
    }

    /// Drops the names of what is committed or pruned, now and then.
    private mutating func tidy() {
        guard names.count > 2 * state.caches.count + 1024 else { return }
        names = names.filter { state.isLive($0.value) }
        state.forgetPersist()
    }

    private func broken(
        _ record: TraceRecord, _ reason: String, at place: CacheID? = nil
    ) -> Violation {
        let tree = state.drawing(marking: place)
        return Violation(rule: Self.rule, explanation: "\(record): \(reason).\n\(tree)")
    }
}
