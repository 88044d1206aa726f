/// What a scenario does to the servers, from a third of the measured time on.
enum Trouble: Sendable, Equatable {
    case none
    /// SIGKILL; they are started again when it ends.
    case kill(Part)
    /// SIGSTOP, and SIGCONT when it ends.
    case pause(Part)
    /// SIGTERM, and started again at once.
    case restart(Part)
    /// Each server in turn is stopped in order and started again, the owner last.
    case rolling
    /// What servers send each other is lost where the shape says so, and nobody is told.
    case partition(Shape)
    /// Everything between these servers and the others takes so many milliseconds longer.
    case slowLinks(Part, milliseconds: Int)
    /// Connections between servers break all the time, and are made again.
    case flappingLinks
    /// Each flush takes so many milliseconds longer.
    case slowDisk(Part, milliseconds: Int)
    /// The data file cannot grow any more.
    case fullDisk(Part)
    /// A server that was dead since before the load is started.
    case late
    /// Two applications pull the object again and again.
    case duel
    /// One of the clients is gone in the middle of its calls, and never comes back.
    case clientCrash
    /// So many times the operations are due.
    case overload(factor: Double)

    /// Which servers, given who owns the object.
    enum Part: Sendable, Equatable {
        case owner
        case follower
        /// As many as the others do without, the owner among them.
        case minority
        /// As many as the others cannot do without, the owner among them.
        case majority
        case all

        /// - Parameter places: all servers, the owner first.
        func nodes(of places: [UInt64]) -> [UInt64] {
            switch self {
            case .owner: Array(places.prefix(1))
            case .follower: Array(places.dropFirst().prefix(1))
            case .minority: Array(places.prefix((places.count - 1) / 2))
            case .majority: Array(places.prefix(places.count / 2 + 1))
            case .all: places
            }
        }
    }

    /// Who hears whom.
    enum Shape: Sendable, Equatable {
        /// Only servers that are in a group together hear each other; position 0 is the owner.
        case groups([[Int]])
        /// The owner hears the others, and they do not hear it.
        case ownerIsMute
        /// The others hear the owner, and it does not hear them.
        case ownerIsDeaf

        static let ownerAlone = Shape.groups([[0], [1, 2, 3, 4]])
        static let followerAlone = Shape.groups([[1], [0, 2, 3, 4]])
        /// Everybody hears only one, which did not own the object.
        static let hub = Shape.groups([[0, 1], [1, 2], [1, 3], [1, 4]])
        /// The owner is alone, and of the others only one hears a quorum.
        static let constrained = Shape.groups([[1, 2], [1, 3], [1, 4]])
        /// Each hears its neighbours in a row.
        static let chain = Shape.groups([[0, 1], [1, 2], [2, 3], [3, 4]])
    }

    var usesLinks: Bool {
        switch self {
        case .partition, .slowLinks, .flappingLinks: true
        default: false
        }
    }

    var usesDisks: Bool {
        switch self {
        case .slowDisk, .fullDisk: true
        default: false
        }
    }

    /// Whether it is over as soon as it is done.
    var endsItself: Bool {
        switch self {
        case .restart, .rolling, .late, .clientCrash: true
        default: false
        }
    }
}
