public import ADO

/// Names one cache, and with it the whole branch up to it.
///
/// The papers take the branch itself as the name. As a time has at most one owner, and what one
/// owner invokes at one time is a chain, time and depth name the branch as well.
public struct CacheID: Hashable, Sendable {
    /// The time at which it was invoked.
    public let time: Ballot

    /// How many caches lie on the branch up to here, the committed ones included.
    public let depth: UInt64

    /// Where every log begins.
    public static let root = CacheID(time: .none, depth: 0)

    /// Makes a name.
    public init(time: Ballot, depth: UInt64) {
        self.time = time
        self.depth = depth
    }
}

extension CacheID: Comparable, CustomStringConvertible {
    /// Hashes what tells caches of one tree apart nearly always, because that is done so often.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(time.round &* 0x9E37_79B9_7F4A_7C15 ^ depth)
    }

    /// Orders by time, then by depth.
    public static func < (left: CacheID, right: CacheID) -> Bool {
        left.time == right.time ? left.depth < right.depth : left.time < right.time
    }

    /// The name as `depth@time`; where logs begin as `start`.
    public var description: String { self == .root ? "start" : "\(depth)@\(time)" }
}

/// A method that somebody invoked, at its place in the tree.
public struct Cache: Hashable, Sendable {
    /// Its name.
    public let id: CacheID

    /// What it was invoked on.
    public let parent: CacheID

    /// Who invoked it.
    public let owner: UInt64

    /// The method with its arguments.
    public let method: String

    /// Makes a cache.
    public init(id: CacheID, parent: CacheID, owner: UInt64, method: String) {
        self.id = id
        self.parent = parent
        self.owner = owner
        self.method = method
    }
}

/// The next slot that a client fills: at its time, below `parent`.
public struct Position: Hashable, Sendable {
    /// The time of the client's last pull.
    public let time: Ballot

    /// What the next method is invoked on.
    public let parent: CacheID

    /// Makes a position.
    public init(time: Ballot, parent: CacheID) {
        self.time = time
        self.parent = parent
    }

    /// What the next cache will be called.
    public var next: CacheID { CacheID(time: time, depth: parent.depth + 1) }
}
