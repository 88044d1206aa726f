internal import ADOApps
internal import ADOObjects

/// An application that the simulator can run.
public enum AppKind: String, CaseIterable, Sendable {
    /// `KVLock` that tries until it works.
    case lockSpin = "kvlock-spin"
    /// `KVLock` that gives up at once.
    case lockAbort = "kvlock-abort"
    /// `KVLock` that tries some times.
    case lockRetry = "kvlock-retry"
    /// `KVLockFree`, all of whose keys have one hash.
    case lockFree = "kvlockfree"
    /// `TwoPhaseCommit` that pulls once.
    case commitStart = "2pc-init"
    /// `TwoPhaseCommit` that pulls for each transaction.
    case commitTransaction = "2pc-tx"
    /// `TwoPhaseCommit` that pulls for each phase.
    case commitPhase = "2pc-phase"
    /// `Transfer`, which is not atomic and says so.
    case transfer

    func application() -> any Application {
        switch self {
        case .lockSpin: Self.locked(.spin)
        case .lockAbort: Self.locked(.abort)
        case .lockRetry: Self.locked(.retry(8))
        case .lockFree:
            StoreApplication(meta: MetaVector.self) {
                KVLockFree(named: StoreApplication.name, on: $0, options: Self.freeOptions)
            }
        case .commitStart: Self.commit(.atStart)
        case .commitTransaction: Self.commit(.perTransaction)
        case .commitPhase: Self.commit(.perPhase)
        case .transfer:
            TransferApplication { process, source, target, amount throws(Transfer.Failure) in
                try await Transfer(from: source, to: target, on: process).move(amount)
            }
        }
    }

    private static func locked(_ policy: FailurePolicy) -> StoreApplication {
        StoreApplication(meta: DVector<MetaBucket>.self) {
            KVLock(named: StoreApplication.name, on: $0, options: lockOptions(policy))
        }
    }

    private static func commit(_ placement: TwoPhaseCommit.PullPlacement) -> CommitApplication {
        CommitApplication(commitOptions(placement)) {
            manager, changes throws(TwoPhaseCommit.Failure) in
            try await manager.run(changes)
        }
    }

    static func lockOptions(_ policy: FailurePolicy) -> KVLock.Options {
        var options = KVLock.Options()
        options.policy = policy
        options.slots = 2
        options.lockPatience = 3
        options.linger = .milliseconds(100)
        options.tenure = .seconds(1)
        options.hash = { _ in 7 }
        return options
    }

    static var freeOptions: KVLockFree.Options {
        var options = KVLockFree.Options()
        options.hash = { _ in 7 }
        return options
    }

    static func commitOptions(_ placement: TwoPhaseCommit.PullPlacement) -> TwoPhaseCommit.Options {
        var options = TwoPhaseCommit.Options()
        options.placement = placement
        options.persistence = .retry(30)
        return options
    }
}
