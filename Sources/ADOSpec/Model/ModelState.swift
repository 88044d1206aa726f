/// The state of the model: what one atomic distributed object *is*.
///
/// The source of truth is a log of ``ModelEvent``s; this is the fold over it. An event is legal if
/// ``refusal(of:)`` has nothing against it, and then ``apply(_:)`` has its effect.
public struct ModelState: Sendable {
    /// What is committed, in the order of the log.
    public private(set) var persist: [Cache] = []

    /// What is not: a tree that hangs off the root.
    public private(set) var caches: [CacheID: Cache] = [:]

    /// Where each client goes on.
    public private(set) var cids: [UInt64: Position] = [:]

    /// Who owns which time.
    public private(set) var owners = Owners()

    /// The caches by their parent, so that pruning searches nothing.
    private var children: [CacheID: [CacheID]] = [:]

    /// Makes the state before any event.
    public init() {}

    /// Makes any state, legal or not.
    public init(
        persist: [Cache], caches: [Cache], cids: [UInt64: Position] = [:], owners: Owners = Owners()
    ) {
        self.persist = persist
        self.cids = cids
        self.owners = owners
        for cache in caches { add(cache) }
    }

    /// The last cache that is committed.
    public var root: CacheID { persist.last?.id ?? .root }

    /// Whether a branch ends here: at an uncommitted cache, or at the root.
    public func isLive(_ id: CacheID) -> Bool { id == root || caches[id] != nil }

    /// What was invoked on `id` and is not committed, in order.
    public func children(of id: CacheID) -> [CacheID] { children[id, default: []].sorted() }

    /// The uncommitted caches from the root to `id`, which must be live.
    public func branch(to id: CacheID) -> [Cache] {
        var branch: [Cache] = []
        var next = id
        while let cache = caches[next] {
            branch.append(cache)
            next = cache.parent
        }
        return branch.reversed()
    }
}

// MARK: - Guards

extension ModelState {
    /// Why an event is not legal.
    public struct Refusal: Hashable, Sendable {
        /// The guard that failed, as a sentence.
        public let sentence: String
        /// Where in the tree, if somewhere.
        public let place: CacheID?

        init(_ sentence: String, at place: CacheID? = nil) {
            self.sentence = sentence
            self.place = place
        }
    }

    /// Why `event` is not legal in this state; nil if it is.
    public func refusal(of event: ModelEvent) -> Refusal? {
        switch event {
        case .pulled(_, let time, let id): refusalOfPull(time, id)
        case .pullPreempted(_, let time): refusalOfPreemption(time)
        case .invoked(let node, _): refusalOfInvoke(node)
        case .invokeFailed(let node): refusalOfInvokeFailure(node)
        case .pushed(let node, let id): refusalOfPush(node, id)
        case .pullFailed, .pushFailed: nil
        }
    }

    private func refusalOfPull(_ time: Ballot, _ id: CacheID) -> Refusal? {
        guard id.time < time else {
            return Refusal("a pull at time \(time) cannot adopt \(id), which is not older", at: id)
        }
        if let owner = owners[time] { return Refusal("time \(time) is owned by \(owner) already") }
        guard isLive(id) else {
            return Refusal("\(id) is neither an uncommitted cache nor the root, \(root)", at: id)
        }
        return nil
    }

    private func refusalOfPreemption(_ time: Ballot) -> Refusal? {
        guard owners.isMapped(time) else { return nil }
        return Refusal("time \(time) is mapped already: it is not above \(owners.highest)")
    }

    private func refusalOfInvoke(_ node: UInt64) -> Refusal? {
        guard let position = cids[node] else { return Refusal("node \(node) never pulled") }
        guard isLive(position.parent) else {
            let sentence =
                "the branch of node \(node), which ends at \(position.parent), was pruned"
            return Refusal(sentence, at: position.parent)
        }
        return nil
    }

    private func refusalOfInvokeFailure(_ node: UInt64) -> Refusal? {
        guard refusalOfInvoke(node) == nil else { return nil }
        return Refusal("node \(node) has a live branch, and could invoke", at: cids[node]?.parent)
    }

    private func refusalOfPush(_ node: UInt64, _ id: CacheID) -> Refusal? {
        guard let cache = caches[id] else {
            return Refusal("\(id) is not an uncommitted cache", at: id)
        }
        guard cache.owner == node else {
            return Refusal("\(id) is a cache of node \(cache.owner), not of node \(node)", at: id)
        }
        guard owners.maxOwner == node else {
            let owner = owners.maxOwner.map { "node \($0)" } ?? "nobody"
            return Refusal("the highest time, \(owners.highest), belongs to \(owner)", at: id)
        }
        guard cids[node]?.time == id.time else {
            return Refusal("\(id) is not of the time that node \(node) pulled last", at: id)
        }
        return nil
    }
}

// MARK: - Effects

extension ModelState {
    /// Has the effect of `event`, which must be legal.
    public mutating func apply(_ event: ModelEvent) {
        switch event {
        case .pulled(let node, let time, let id):
            cids[node] = Position(time: time, parent: id)
            owners.give(time, to: node)
        case .pullPreempted(_, let time):
            owners.close(time)
        case .invoked(let node, let method):
            guard let position = cids[node] else { return }
            add(Cache(id: position.next, parent: position.parent, owner: node, method: method))
            cids[node] = Position(time: position.time, parent: position.next)
        case .pushed(_, let id):
            commit(through: id)
        case .pullFailed, .invokeFailed, .pushFailed:
            return
        }
    }

    private mutating func add(_ cache: Cache) {
        caches[cache.id] = cache
        children[cache.parent, default: []].append(cache.id)
    }

    /// Commits the branch to `id`, and prunes every other.
    private mutating func commit(through id: CacheID) {
        for cache in branch(to: id) {
            for child in children.removeValue(forKey: cache.parent) ?? [] where child != cache.id {
                prune(child)
            }
            caches[cache.id] = nil
            persist.append(cache)
        }
    }

    private mutating func prune(_ id: CacheID) {
        var doomed = [id]
        while let next = doomed.popLast() {
            caches[next] = nil
            doomed += children.removeValue(forKey: next) ?? []
        }
    }

    /// Forgets what is committed, except the root: for runs too long to keep it.
    mutating func forgetPersist() {
        persist.removeFirst(max(0, persist.count - 1))
    }
}
