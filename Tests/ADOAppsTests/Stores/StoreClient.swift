import ADO
import ADOApps
import ADOObjects
import ADOSpec

@testable import ADOSimulator

/// How the games use the stores: without waiting, and with all keys in one bucket.
enum Stores {
    static let patient = Duration.seconds(60)

    static func lock(_ policy: FailurePolicy, keeps: Bool = false) -> KVLock.Options {
        var options = KVLock.Options()
        options.policy = policy
        options.pacing = Pacing(step: patient, pause: .zero)
        options.lockPatience = 1
        options.tick = .zero
        if !keeps { options.linger = .zero }
        options.slots = 4
        options.hash = { _ in 7 }
        return options
    }

    /// Gives up where an answer is lost.
    static var hasty: KVLockFree.Options {
        var options = free
        options.deadline = .milliseconds(1)
        return options
    }

    static var free: KVLockFree.Options {
        var options = KVLockFree.Options()
        options.deadline = patient
        options.hash = { _ in 7 }
        return options
    }
}

extension PlaceCheck {
    /// Judges what is committed of the store called `s`, of either kind.
    static func judge(_ player: OraclePlayer) -> Violation? {
        judge(
            locked: player.committed(DVector<MetaBucket>.self, named: "s.meta") ?? DVector(),
            free: player.committed(MetaVector.self, named: "s.meta") ?? MetaVector(),
            player.committed(DVector<String>.self, named: "s.data") ?? DVector())
    }
}
