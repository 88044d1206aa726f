import ADOApps

/// What the clients ask for.
package enum Workload: String, Sendable, Codable, CaseIterable {
    /// Every operation writes a value that was never written before.
    case set
    /// Every operation is a linearizable read of a key written before the run.
    case get
    /// Half `set`, half `get`.
    case mixed
    /// Half reads, half updates: YCSB's session store.
    case ycsbA = "ycsb-a"
    /// Nineteen of twenty are reads: YCSB's photo tags.
    case ycsbB = "ycsb-b"
    /// All are reads: YCSB's profile cache.
    case ycsbC = "ycsb-c"
    /// Every operation adds one to a counter.
    case counter
    /// Every operation sets a key of a dictionary, by a call, as applications make them.
    case keyValue = "keyvalue"
    /// Every operation sets a key of a store with a lock, which tries again until it works.
    case lockSpin = "kvlock-spin"
    /// The same, and gives up at once.
    case lockAbort = "kvlock-abort"
    /// The same, and tries again so many times.
    case lockRetry = "kvlock-retry"
    /// Every operation sets a key of a store without a lock.
    case lockFree = "kvlockfree"
    /// Every operation is a transaction over three resource managers, pulled once.
    case commitAtStart = "2pc-init"
    /// The same, pulled for each transaction.
    case commitPerTransaction = "2pc-tx"
    /// The same, pulled for each phase of each.
    case commitPerPhase = "2pc-phase"

    /// How many of each hundred operations are writes.
    var writesPercent: Int {
        switch self {
        case .set, .counter: 100
        case .get, .ycsbC: 0
        case .mixed, .ycsbA: 50
        case .ycsbB: 5
        default: 100
        }
    }

    /// Whether every key must have a value before the run.
    var needsPreload: Bool { writesPercent < 100 }

    /// How often each key is used, if nobody says otherwise.
    package var distribution: Distribution {
        switch self {
        case .ycsbA, .ycsbB, .ycsbC: .zipfian
        default: .uniform
        }
    }

    /// Whether one client of an application can do several operations at once.
    var isConcurrent: Bool { self == .lockFree || self == .keyValue }

    /// Whether it is an application over several objects, which is judged by its own property.
    package var isApp: Bool { policy != nil || placement != nil || isConcurrent }

    /// What a store with a lock does about failures; nil if it is none.
    var policy: FailurePolicy? {
        switch self {
        case .lockSpin: .spin
        case .lockAbort: .abort
        case .lockRetry: .retry(100)
        default: nil
        }
    }

    /// When two-phase commit pulls; nil if it is none.
    var placement: TwoPhaseCommit.PullPlacement? {
        switch self {
        case .commitAtStart: .atStart
        case .commitPerTransaction: .perTransaction
        case .commitPerPhase: .perPhase
        default: nil
        }
    }
}
