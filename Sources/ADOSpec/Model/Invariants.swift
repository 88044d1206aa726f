/// What is true after every legal event, by number.
public enum Invariant: Int, CaseIterable, Sendable {
    /// What is committed is only extended.
    case persistGrows = 1
    /// Every cache descends from the root.
    case cachesDescend = 2
    /// A time has at most one owner, for good, and only that one invokes at it.
    case oneOwner = 3
    /// Time grows across a pull, and stays the same across an invoke.
    case timesRise = 4
    /// Only the owner of the highest time commits.
    case onlyOwnerPushes = 5

    /// Why the invariant does not hold for the step from `before` to `after`; nil if it does.
    public func explanation(from before: ModelState, to after: ModelState) -> String? {
        switch self {
        case .persistGrows: Self.persistGrows(before, after)
        case .cachesDescend: Self.cachesDescend(after)
        case .oneOwner: Self.oneOwner(before, after)
        case .timesRise: Self.timesRise(after)
        case .onlyOwnerPushes: Self.onlyOwnerPushes(before, after)
        }
    }

    private static func persistGrows(_ before: ModelState, _ after: ModelState) -> String? {
        guard !after.persist.starts(with: before.persist) else { return nil }
        return "what was committed is not the beginning of what is"
    }

    private static func cachesDescend(_ after: ModelState) -> String? {
        let orphan = after.caches.values.first { !after.isLive($0.parent) }
        return orphan.map { "\($0.id) hangs off \($0.parent), which is not in the tree" }
    }

    private static func oneOwner(_ before: ModelState, _ after: ModelState) -> String? {
        guard after.owners.keeps(before.owners) else { return "a time changed its owner" }
        let stray = after.caches.values.first { $0.owner != after.owners[$0.id.time] }
        return stray.map { "\($0.id) was invoked by \($0.owner), who does not own its time" }
    }

    private static func timesRise(_ after: ModelState) -> String? {
        for cache in after.caches.values {
            let (id, parent) = (cache.id, cache.parent)
            if id.time < parent.time { return "\(id) is older than \(parent), which it stands on" }
            let owner = after.caches[parent]?.owner ?? cache.owner
            if id.time == parent.time, owner != cache.owner {
                return "\(id) goes on at the time of \(parent), whose owner is another"
            }
        }
        return nil
    }

    private static func onlyOwnerPushes(_ before: ModelState, _ after: ModelState) -> String? {
        guard after.persist.count > before.persist.count, let last = after.persist.last,
            last.owner != before.owners.maxOwner
        else { return nil }
        return "\(last.id) was committed, although its owner was not that of the highest time"
    }
}
