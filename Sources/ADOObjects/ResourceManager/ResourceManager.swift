public import ADO
internal import HashTreeCollections

/// One participant of two-phase commit: quantities by name, and the transactions that change them.
///
///     let stock = cluster.object(ResourceManager.self, named: "stock")
///     try await stock.call(.enroll(epoch))                            // .enrolled(…)
///     try await stock.call(.prepare(id, [ResourceChange("apples", by: -2)]))  // .yes
///     try await stock.call(.decide(id, .commit, by: epoch))           // .decided(.commit)
///     try await stock.call(.quantity("apples"))
///
/// A manager *enrolls* first. From then on whoever enrolled before is refused, whatever it still
/// sends: that is the fencing of a manager that was thought dead. `prepare` votes: yes, and then
/// what it touches is locked until the decision; or no, because something else holds a lock there,
/// or a quantity would become negative. Once voted no, never yes. `decide` ends a transaction; of
/// one that is not known here nothing is done, and it is never prepared later.
///
/// All methods may be repeated, and none throws. After an unknown outcome ask again, or settle the
/// request. Each costs one round trip to a quorum. The last ``historyMax`` decisions are kept.
public struct ResourceManager: AtomicObject, Equatable {
    /// The name of the type in logs.
    public static let typeName = "ResourceManager"

    /// How many decisions are kept.
    public static let historyMax: UInt64 = 1024

    /// How many decisions a manager that enrolls is told.
    public static let recentMax: UInt64 = 16

    /// The manager that enrolled last.
    public internal(set) var epoch = Epoch.none

    /// The highest transaction that was heard of.
    public internal(set) var highest = TransactionID(epoch: .none, number: 0)

    /// The number of decisions so far.
    public internal(set) var decisions: UInt64 = 0

    var quantities: TreeDictionary<String, Int> = [:]
    var undecided: TreeDictionary<TransactionID, [ResourceChange]> = [:]
    /// Decisions by their number, from 1.
    var history: TreeDictionary<UInt64, Decided> = [:]

    /// Makes a manager without resources.
    public init() {}

    /// Runs one method.
    public mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure) {
        switch method {
        case .enroll(let epoch): enroll(epoch).write(to: &result)
        case .prepare(let id, let changes): prepare(id, changes).write(to: &result)
        case .decide(let id, let decision, let epoch):
            decide(id, decision, by: epoch).write(to: &result)
        case .quantity(let name): quantity(of: name).write(to: &result)
        case .outcome(let id): outcome(of: id).write(to: &result)
        }
    }
}

// MARK: - Looking

extension ResourceManager {
    /// The quantity of a resource, 0 if nobody changed it.
    public func quantity(of resource: String) -> Int { quantities[resource] ?? 0 }

    /// The transactions that were voted for and not decided, in their order.
    public var prepared: [TransactionID] { undecided.keys.sorted() }

    /// The last decisions, the oldest first.
    public var decided: [Decided] {
        (decisions - min(decisions, Self.historyMax)..<decisions).compactMap { history[$0 + 1] }
    }

    /// What became of a transaction; nil if it is undecided, unknown, or too long ago.
    public func outcome(of id: TransactionID) -> Decision? {
        decided.last { $0.id == id }?.decision
    }
}

// MARK: - The methods

extension ResourceManager {
    private mutating func enroll(_ newcomer: Epoch) -> Enrolment {
        guard newcomer >= epoch else { return .fenced(by: epoch) }
        epoch = newcomer
        return .enrolled(
            undecided: prepared, recent: Array(decided.suffix(Int(Self.recentMax))))
    }

    private mutating func prepare(_ id: TransactionID, _ changes: [ResourceChange]) -> Vote {
        guard id.epoch == epoch else { return .fenced(by: epoch) }
        if undecided[id] != nil { return .yes }
        guard id > highest else { return .no(.late) }
        highest = id
        if let resource = locked(changes) { return .no(.locked(resource)) }
        if let resource = impossible(changes) { return .no(.insufficient(resource)) }
        undecided[id] = changes
        return .yes
    }

    /// The first of these resources that an undecided transaction changes, in the order of the
    /// changes: an order of hashes would not be that of another server.
    private func locked(_ changes: [ResourceChange]) -> String? {
        let locked = Set(undecided.values.joined().map(\.resource))
        return changes.first { locked.contains($0.resource) }?.resource
    }

    /// The first resource whose quantity would become negative, or more than 64 bits hold.
    private func impossible(_ changes: [ResourceChange]) -> String? {
        var after: [String: Int] = [:]
        for change in changes {
            let before = after[change.resource] ?? quantity(of: change.resource)
            let (sum, overflow) = before.addingReportingOverflow(change.amount)
            guard !overflow else { return change.resource }
            after[change.resource] = sum
        }
        return changes.first { (after[$0.resource] ?? 0) < 0 }?.resource
    }

    private mutating func decide(
        _ id: TransactionID, _ decision: Decision, by manager: Epoch
    ) -> Ruling {
        guard manager == epoch else { return .fenced(by: epoch) }
        guard let changes = undecided.removeValue(forKey: id) else {
            if let earlier = outcome(of: id) { return .decided(earlier) }
            highest = max(highest, id)
            return .unknown
        }
        if decision == .commit {
            for change in changes {
                quantities[change.resource, default: 0] += change.amount
            }
        }
        decisions += 1
        history[decisions] = Decided(id, decision)
        if decisions > Self.historyMax { history[decisions - Self.historyMax] = nil }
        return .decided(decision)
    }
}
