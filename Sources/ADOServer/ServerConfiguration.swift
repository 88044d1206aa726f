internal import ADOApps
internal import ADOObjects
public import MultiPaxos

/// What a server process is told on its command line.
public struct ServerConfiguration: Sendable, Hashable {
    /// The cluster's name, as the directory was formatted with; `nil` is whatever it says.
    public var cluster: String?
    /// The id of this server.
    public var node: UInt64
    /// Every server of the cluster, this one included.
    public var peers: [NodeOptions.Voter]
    /// The voting directory.
    public var data: String
    /// How long a serving node may be silent before another one takes over.
    public var electionTimeout: Duration
    /// Bytes of an object's log between two snapshots of it; 0 for none.
    public var snapshotBytes: UInt64 = 64 << 20
    /// A file to which each transition of the protocol is appended; `nil` for none.
    public var trace: String?
    /// Bytes of the trace after which tracing stops; 0 is 1 GiB.
    public var traceLimit: UInt64 = 0
    /// Bytes of the log that are verified in a second; 0 is the default of ``NodeOptions``.
    public var scrubBytesPerSecond: UInt64 = 0

    /// Creates a configuration.
    public init(
        cluster: String? = nil, node: UInt64, peers: [NodeOptions.Voter], data: String,
        electionTimeout: Duration = .milliseconds(200)
    ) {
        self.cluster = cluster
        self.node = node
        self.peers = peers
        self.data = data
        self.electionTimeout = electionTimeout
    }
}

extension ServerConfiguration {
    /// Where this server listens.
    var address: NodeOptions.Voter? { peers.first { $0.node == node } }

    var options: NodeOptions {
        var options = NodeOptions(cluster: cluster ?? "", node: node, voters: peers, data: data)
        options.electionTimeout = electionTimeout
        options.snapshotBytes = snapshotBytes
        options.trace = trace
        options.traceLimit = traceLimit
        options.scrubBytesPerSecond = scrubBytesPerSecond
        return options
    }
}

extension TypeRegistry {
    /// The types that every server hosts.
    public static func stock() -> TypeRegistry {
        let types = TypeRegistry()
        types.host(KeyValue.self)
        types.host(Counter.self)
        types.host(DVector<String>.self)
        types.host(DVector<[UInt8]>.self)
        types.host(Queue<String>.self)
        types.host(Queue<[UInt8]>.self)
        types.host(BankAccount.self)
        types.host(Lock.self)
        types.host(TicketLock.self)
        types.host(TimeoutLock.self)
        types.host(ResourceManager.self)
        types.host(DVector<MetaBucket>.self)
        types.host(MetaVector.self)
        return types
    }
}

extension ServerConfiguration {
    /// Reads a peer list from the command line.
    ///
    /// - Throws: ``Failure`` with the status of wrong usage.
    public static func peers(_ text: String) throws(Failure) -> [NodeOptions.Voter] {
        do throws(NodeError) {
            return try NodeOptions.Voter.list(text)
        } catch {
            throw Failure(error)
        }
    }
}
