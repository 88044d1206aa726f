public import ADO
public import ADOObjects
internal import Synchronization

/// Transactions over several resource managers: all of them make their changes, or none does.
///
///     let manager = TwoPhaseCommit(over: ["stock", "orders"], on: cluster.client)
///     let outcome = try await manager.run([
///         "stock": [ResourceChange("apples", by: -2)],
///         "orders": [ResourceChange("apples", by: 2)],
///     ])                                              // .committed(id) or .aborted(id, reason)
///
/// **Guarantee.** A transaction that is committed at one `ResourceManager` is committed at all
/// that take part, and aborted at none; all see committed transactions in the order of their ids,
/// as one log of transactions would have them; each is applied once. It holds whoever dies where,
/// with any number of managers at work. Between the commits at two resource managers a reader can
/// see one without the other.
///
/// **One set of names.** It holds among managers that are made over the same names. Two over sets
/// that overlap and differ break it: whoever enrolls recovers over its own set, and cannot commit a
/// transaction where it does not know to look. To add a resource manager, run one transaction over
/// the old set, so that nothing there is undecided, end all managers, and begin over the larger.
///
/// **How.** Phase one asks all resource managers at once to prepare, up to ``Options/triesMax``
/// pushes each; a no or a failure means abort. Phase two tells all of them at once, until it works;
/// those never reached tolerate the unknown id and refuse it for ever.
///
/// **Recovery.** A manager begins by enrolling at every resource manager under an epoch above all
/// before. Enrolling is an entry of the log, pushed until it is committed: it brings a state that
/// cannot vanish, as one that merely was pulled could, and from there on everything that an older
/// manager still sends is refused. What was committed anywhere is then committed everywhere, and
/// what is undecided is dropped. ``run(_:)`` does this first, and again after it had to leave a
/// transaction half decided.
///
/// **Failures.** See ``Failure``; an abort is no failure but an ``Outcome``.
///
/// **Cost.** Per transaction two round trips, each to all resource managers at once; and one more
/// with the placement ``PullPlacement/perTransaction``, two with ``PullPlacement/perPhase``, to
/// pull them. The slowest sets the pace. One manager runs one transaction at a time.
public final class TwoPhaseCommit: Sendable {
    /// When the manager pulls the resource managers.
    public enum PullPlacement: Sendable, Hashable, CaseIterable {
        /// Once, when it begins, and then only where it lost one.
        case atStart
        /// Before each transaction.
        case perTransaction
        /// Before each phase of each transaction.
        case perPhase
    }

    /// How transactions are run.
    public struct Options: Sendable, Hashable {
        /// When to pull.
        public var placement = PullPlacement.atStart
        /// The pushes that one prepare gets: the paper's MAX_TRY.
        public var triesMax = 3
        /// The further tries that the rest gets, deciding and recovering.
        public var persistence = FailurePolicy.retry(100)
        /// How long steps and pauses are.
        public var pacing = Pacing()

        /// Makes the standard options.
        public init() {}
    }

    /// What became of a transaction.
    public enum Outcome: Sendable, Hashable {
        /// It is committed at every resource manager that takes part.
        case committed(TransactionID)
        /// It is committed nowhere, and never will be.
        case aborted(TransactionID, AbortReason)
    }

    /// Why a transaction was aborted.
    public enum AbortReason: Sendable, Hashable {
        /// This resource manager voted no.
        case refused(by: String, Vote.Objection)
        /// This one could not be asked.
        case failed(at: String, Obstacle)
        /// Another manager took over before anything was decided.
        case fenced
    }

    /// Why a transaction has no outcome.
    public enum Failure: Error, Sendable, Hashable {
        /// Nothing was begun, and nothing changed.
        case notBegun(Obstacle)
        /// It is committed at one resource manager at least; recovery commits it at the others.
        case committedInPart(TransactionID, Obstacle)
        /// It may be committed or not: recovery decides, by this manager or another.
        case unknown(TransactionID, Obstacle)
    }

    struct State: Sendable {
        var isRunning = false
        /// The epoch under which it is enrolled everywhere with nothing left undecided.
        var epoch: Epoch?
        /// The highest epoch number that it has heard of.
        var epochMax: UInt64 = 0
        var begun: UInt64 = 0
    }

    let options: Options
    let identity: UInt64
    let surroundings: any Surroundings
    let names: [String]
    let steps: [String: Step<ResourceManager>]
    let state = Mutex(State())

    /// Makes a manager over resource managers, given by name.
    ///
    /// All managers over one of them are made over the same names. `identity` tells this manager
    /// from all others; no two may share one at a time. One that is made anew under it fences the
    /// one before, as any other would. It is drawn if it is not given.
    public init(
        over names: [String], on backend: any Backend,
        identity: UInt64? = nil, options: Options = Options()
    ) {
        self.options = options
        surroundings = backend.surroundings
        self.identity = identity ?? surroundings.randomIdentity()
        self.names = Set(names).sorted()
        steps = Dictionary(
            uniqueKeysWithValues: self.names.map { name in
                let handle = Handle(ResourceManager.self, named: name, on: backend)
                return (name, Step(handle: handle, pacing: options.pacing))
            })
    }

    /// Runs one transaction, with changes for each resource manager that takes part.
    public func run(_ changes: [String: [ResourceChange]]) async throws(Failure) -> Outcome {
        try await Activity.run("2pc.run") { () async throws(Failure) -> Outcome in
            try await runOnce(changes)
        }
    }

    private func runOnce(
        _ changes: [String: [ResourceChange]]
    ) async throws(Failure) -> Outcome {
        guard begin() else { throw .notBegun(.busy) }
        defer { state.withLock { $0.isRunning = false } }
        do throws(Obstacle) {
            guard changes.keys.allSatisfy({ steps[$0] != nil }) else { throw .unreadable }
            if state.withLock({ $0.epoch == nil }) { try await enroll() }
        } catch {
            throw .notBegun(error)
        }
        guard let id = nextID() else { throw .notBegun(.fenced) }
        return try await Run(manager: self, id: id, changes: changes).outcome()
    }

    /// Finishes what earlier managers left, and shuts them out.
    ///
    /// ``run(_:)`` does this by itself where it is needed.
    public func recover() async throws(Obstacle) {
        guard begin() else { throw .busy }
        defer { state.withLock { $0.isRunning = false } }
        try await Activity.run("2pc.recover") { () async throws(Obstacle) in try await enroll() }
    }

    private func begin() -> Bool {
        state.withLock { state in
            guard !state.isRunning else { return false }
            state.isRunning = true
            return true
        }
    }

    private func nextID() -> TransactionID? {
        state.withLock { state in
            guard let epoch = state.epoch else { return nil }
            state.begun += 1
            return TransactionID(epoch: epoch, number: state.begun)
        }
    }
}
