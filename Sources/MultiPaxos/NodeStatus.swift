public import ADO

/// What a node says of itself: a snapshot taken on its loop thread.
public struct NodeStatus: Hashable, Sendable, Codable {
    /// The node's id.
    public var node: UInt64
    /// The cluster's name.
    public var cluster: String
    /// Drawn at random when the directory was formatted; 0 for a client.
    public var incarnation: UInt64
    /// Whether the directory votes.
    public var vote: VoteStatus
    /// The server that is elected to serve, 0 if none is known.
    public var serving: UInt64
    /// User and system time of the process, in microseconds.
    public var processMicroseconds: UInt64
    /// How the disk does.
    public var disk: DiskStatus
    /// Counters since start.
    public var counters: NodeCounters
    /// Every server, as this node sees it.
    public var peers: [PeerStatus]
    /// The number of objects this node has heard of.
    public var objectCount: UInt64
    /// The first 4,000 of them.
    public var objects: [ObjectStatus]
}

/// Whether the directory of a server votes, and where.
public struct VoteStatus: Hashable, Sendable, Codable {
    /// What a directory is among those that its server has had.
    public enum Standing: UInt8, Hashable, Sendable, Codable {
        /// A new one that has no vote yet; or the node is a client.
        case none = 0
        /// The first one, which votes.
        case first
        /// One that a peer knows not to be the server's: it has no vote.
        case lost
        /// A later one that an operator approved of.
        case anew
    }

    /// What the directory is.
    public var standing: Standing
    /// How often a directory of the server was approved, this one included.
    public var generation: UInt32
    /// How many other servers record an operator's approval of it.
    public var approvals: UInt32
    /// The number of objects whose log does not name the directory yet: no vote in those.
    public var objectsWithout: UInt64
}

/// How the disk of a node does.
public struct DiskStatus: Hashable, Sendable, Codable {
    /// The flags that LMDB reports of the environment.
    public var flags: UInt32
    /// Age of the oldest write that is not durable, in microseconds.
    public var stallMicroseconds: UInt64
    /// Whether there is no space left for calls.
    public var isFull: Bool
    /// The durable storage sequence.
    public var sequence: UInt64
    /// Bytes of the data file that hold something.
    public var bytesUsed: UInt64
    /// Bytes of the data file.
    public var bytesAllocated: UInt64
    /// What was found damaged, and repaired.
    public var damage: DamageStatus
}

/// What a node found damaged on its disk since it started.
public struct DamageStatus: Hashable, Sendable, Codable {
    /// Batches and records that are damaged now.
    public var waiting: UInt64
    /// Batches and records that were found damaged.
    public var found: UInt64
    /// Those that were stored again, from the node's own copy or from a peer's.
    public var repaired: UInt64
    /// Bytes that were verified in the background.
    public var scrubbedBytes: UInt64
    /// How often all that is stored was verified.
    public var scrubRounds: UInt64
}

/// What a node counted since it started.
public struct NodeCounters: Hashable, Sendable, Codable {
    /// Entries of the log that were applied.
    public var entriesCommitted: UInt64
    /// Batches of the log that were applied.
    public var batchesCommitted: UInt64
    /// Calls that were taken.
    public var callsAccepted: UInt64
    /// Calls that were refused, for example because a queue was full.
    public var callsRefused: UInt64
    /// Times the loop thread woke up.
    public var wakeups: UInt64
    /// Storage transactions, each with one flush.
    public var flushes: UInt64
    /// Time in flushes, in microseconds.
    public var flushMicroseconds: UInt64
    /// The longest flush, in microseconds.
    public var flushMicrosecondsMax: UInt64
    /// Messages sent to other nodes.
    public var messagesSent: UInt64
    /// Messages received from other nodes.
    public var messagesReceived: UInt64
    /// Messages that did not fit into a send queue.
    public var messagesDropped: UInt64
    /// Bytes sent to other nodes.
    public var bytesSent: UInt64
    /// Bytes of log that are held in memory.
    public var cachedBytes: UInt64
}

/// One server as another node sees it.
public struct PeerStatus: Hashable, Sendable, Codable {
    /// The server's id.
    public var node: UInt64
    /// Whether this is the node that reports.
    public var isSelf: Bool
    /// Whether there is a connection.
    public var isConnected: Bool
    /// Whether its directory was wiped or rolled back: then it has no vote.
    public var isLost: Bool
    /// The incarnation on record: that of the directory whose votes count.
    public var incarnation: UInt64
    /// The incarnation it announced, 0 if there is no connection.
    public var announced: UInt64
    /// How often a directory of the server was approved, as this node has durably recorded.
    public var generation: UInt32
    /// Bytes that wait to be sent to it.
    public var queuedBytes: UInt64
}

/// One object as a node sees it.
public struct ObjectStatus: Hashable, Sendable, Codable {
    /// What a node is for an object.
    public enum Role: UInt8, Hashable, Sendable, Codable {
        /// Follows another owner, or none.
        case following = 0
        /// Waits for promises.
        case preparing
        /// Fetches the best log.
        case adopting
        /// Owns the object.
        case owning
    }

    /// The hash of the object's type and name, which names its log.
    public var group: UInt64
    /// The type's name; empty where it is not known.
    public var type: String
    /// The object's name; empty where it is not known.
    public var name: String
    /// Whether the node has the type and applies the log.
    public var isHosted: Bool
    /// Whether part of the stored log is missing, so that the node has no vote for it.
    public var isLost: Bool
    /// Whether what is missing can be repaired from peers; then `isLost` holds too.
    public var isDamaged: Bool
    /// Whether the log does not name the node's directory yet, so that it has no vote for it.
    public var isUnnamed: Bool
    /// The last index of a batch that is damaged and waits for a peer that has it, 0 if none is.
    public var damagedIndex: UInt64
    /// What the node is for the object.
    public var role: Role
    /// Whether it owns the object and an entry of its own ballot is committed.
    public var isReady: Bool
    /// The node's own ballot if it owns the object, else the highest it promised.
    public var owner: Ballot
    /// The highest ballot it promised.
    public var promised: Ballot
    /// The last index known to be committed.
    public var commit: UInt64
    /// The last index that was applied.
    public var applied: UInt64
    /// The last index of the log.
    public var tip: UInt64
    /// The last index verified against the accepts of the promised ballot.
    public var verified: UInt64
    /// The last index of the entries that were trimmed: the stored log begins after it.
    public var trimmed: UInt64
    /// The last index that the newest snapshot on the disk holds; 0 if there is none.
    public var snapshot: UInt64
    /// A hash over every result up to `applied`; equal on all nodes that applied as much.
    public var digest: UInt64
    /// Why the replica stopped; `nil` as long as it follows the log.
    public var quarantine: Quarantine?
    /// The last index each server acknowledged to the owner; empty elsewhere.
    public var matches: [Match]

    /// How far a server's copy is known to reach.
    public struct Match: Hashable, Sendable, Codable {
        /// The server's id.
        public var node: UInt64
        /// The last index it acknowledged for the owner's ballot.
        public var index: UInt64
    }
}
