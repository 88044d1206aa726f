/// What happened in one operation of one client: exactly one event for each.
public enum ModelEvent: Hashable, Sendable {
    /// Pull+: the client owns `time`, and stands on the branch that ends at a cache.
    case pulled(UInt64, Ballot, at: CacheID)
    /// Pull*: the client closed all times up to this one, and gained nothing.
    case pullPreempted(UInt64, Ballot)
    /// Pull-: nothing happened.
    case pullFailed(UInt64)
    /// Invoke+: the client added a method to its branch.
    case invoked(UInt64, String)
    /// Invoke-: the branch is gone, or there was none.
    case invokeFailed(UInt64)
    /// Push+: the client committed its branch up to a cache.
    case pushed(UInt64, through: CacheID)
    /// Push-: nothing happened.
    case pushFailed(UInt64)

    /// Whose operation it was.
    public var node: UInt64 {
        switch self {
        case .pulled(let node, _, _), .pullPreempted(let node, _), .pullFailed(let node),
            .invoked(let node, _), .invokeFailed(let node), .pushed(let node, _),
            .pushFailed(let node):
            node
        }
    }
}

extension ModelEvent: CustomStringConvertible {
    /// The event as the papers write it.
    public var description: String {
        switch self {
        case .pulled(let node, let time, let at): "Pull+ of \(node): time \(time) at \(at)"
        case .pullPreempted(let node, let time): "Pull* of \(node): time \(time)"
        case .pullFailed(let node): "Pull- of \(node)"
        case .invoked(let node, let method): "Invoke+ of \(node): \(method)"
        case .invokeFailed(let node): "Invoke- of \(node)"
        case .pushed(let node, let through): "Push+ of \(node): through \(through)"
        case .pushFailed(let node): "Push- of \(node)"
        }
    }
}
