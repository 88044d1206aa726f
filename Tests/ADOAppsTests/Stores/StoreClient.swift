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
        let data = player.committed(DVector<String>.self, named: "s.data") ?? DVector()
        let buckets = player.committed(DVector<MetaBucket>.self, named: "s.meta")?.elements ?? []
        let locked = buckets.flatMap { zip($0.element.keys, $0.element.metas).map { ($0, $1) } }
        let free = player.committed(MetaVector.self, named: "s.meta")?.entries ?? []
        return judge(locked + free, data)
    }
}
