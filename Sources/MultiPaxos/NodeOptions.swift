public import ADO
internal import CMultiPaxos
internal import CMultiPaxosLMDB
internal import CMultiPaxosUV

/// What a node needs to know before it starts.
public struct NodeOptions: Sendable {
    /// A server of the cluster and where it listens.
    public struct Voter: Hashable, Sendable {
        /// The server's id, from 1 up.
        public var node: UInt64
        /// A name or a numeric address.
        public var host: String
        /// The port it listens on.
        public var port: UInt16

        /// Creates a voter.
        public init(node: UInt64, host: String, port: UInt16) {
            self.node = node
            self.host = host
            self.port = port
        }
    }

    /// How much a line of a node's log matters.
    public enum LogLevel: Hashable, Sendable {
        /// Something that happened as it should.
        case info
        /// Something to look at.
        case warning
        /// Something that failed.
        case error
    }

    /// The cluster's name, as its directories have it; empty for a server that is to take it from
    /// its directory.
    public var cluster: String

    /// The id of this server, or 0 for a client, which draws a random one.
    public var node: UInt64

    /// Every server of the cluster, this one included.
    public var voters: [Voter]

    /// The voting directory of a server; `nil` for a client.
    public var data: String?

    /// A directory for the temporary files that snapshots of more than 8 MiB pass through.
    ///
    /// `nil`: for a server its ``data``; for a client what `TMPDIR` says, or `/var/tmp`. The files
    /// have no names, and are gone with the process. Where the directory is in memory (tmpfs), so
    /// are they.
    public var spool: String?

    /// How long a serving node may be silent before another one takes over.
    public var electionTimeout: Duration = .milliseconds(200)

    /// After how long an unanswered call is reported as unknown.
    public var callTimeout: Duration = .seconds(5)

    /// Batches in flight per object; 0 is the default of the driver.
    public var window: Int = 0

    /// Objects the node can hold, each for 4 KiB of memory; 0 is the default of the driver.
    public var objectsMax: Int = 0

    /// Bytes of an object's log after which a server snapshots its state, and trims the log before
    /// the snapshot before; 0 for never.
    ///
    /// It is never less than the last snapshot, so that a large state is not written all the time.
    public var snapshotBytes: UInt64 = 64 << 20

    /// A file to which each transition of the protocol is appended; `nil` for none.
    ///
    /// The format and what it is good for are in `docs/internals/trace.md`.
    public var trace: String?

    /// Bytes of ``trace`` after which tracing stops, with a line in the log; 0 is 1 GiB.
    public var traceLimit: UInt64 = 0

    /// Bytes of stored batches that are verified in a second, round and round; 0 is 4 MiB.
    ///
    /// So damage is found while another server still has a good copy. Reading costs no more than
    /// this, and a short log rests for some seconds after each round.
    public var scrubBytesPerSecond: UInt64 = 0

    /// Whether the calls of this node's handles and pipelines record where they come from, in up to
    /// 64 bytes of each entry: see `Origin`.
    public var recordsOrigins = true

    /// Where the pulls, pushes and calls that fail here are written down; nil for nowhere.
    public var journal: (any EventJournal)?

    /// Called with each line of the node's log, on the loop thread.
    public var onLog: (@Sendable (LogLevel, String) -> Void)?

    /// Called when the node stops by itself: the disk failed (`system`), or most other servers say
    /// that a live one has this one's id (`inUse`).
    ///
    /// Without it the process prints the sentence and exits with 74.
    public var onFatal: (@Sendable (NodeError) -> Void)?

    /// Creates the options of a server, or with `node` 0 and no directory those of a client.
    public init(cluster: String = "ado", node: UInt64 = 0, voters: [Voter], data: String? = nil) {
        self.cluster = cluster
        self.node = node
        self.voters = voters
        self.data = data
    }
}

extension NodeOptions {
    /// Whether these are the options of a server.
    public var isServer: Bool { node != 0 }

    /// Throws a sentence about the first thing that cannot be right.
    public func validate() throws(NodeError) {
        if !isServer || !cluster.isEmpty { try Self.validate(cluster: cluster) }
        try validateVoters()
        guard isServer else {
            guard data == nil else {
                throw NodeError(.invalidOptions, "a client has no directory; leave out the data")
            }
            return
        }
        guard voters.contains(where: { $0.node == node }) else {
            throw NodeError(
                .invalidOptions, "node \(node) is not among the peers; add it to the peer list")
        }
        guard data != nil else {
            throw NodeError(
                .invalidOptions, "a server needs a directory; name one that was formatted")
        }
    }

    static func validate(cluster: String) throws(NodeError) {
        let room = Int(MP_LMDB_CLUSTER_SIZE) - 1
        guard !cluster.isEmpty, cluster.utf8.count <= room, !cluster.utf8.contains(0) else {
            throw NodeError(
                .invalidOptions, "a cluster's name has 1 to \(room) bytes; choose another")
        }
    }

    /// Checks the id of a server.
    static func validate(server node: UInt64) throws(NodeError) {
        guard (1...UInt64(MP_NODE_MAX)).contains(node) else {
            throw NodeError(
                .invalidOptions, "node id \(node) is out of range; use 1 to \(MP_NODE_MAX)")
        }
    }

    private func validateVoters() throws(NodeError) {
        let most = Int(MP_VOTERS_MAX)
        guard (1...most).contains(voters.count) else {
            throw NodeError(
                .invalidOptions, "the peer list has \(voters.count) servers; name 1 to \(most)")
        }
        var seen: Set<UInt64> = []
        for voter in voters {
            try Self.validate(server: voter.node)
            guard seen.insert(voter.node).inserted else {
                throw NodeError(
                    .invalidOptions,
                    "node id \(voter.node) is in the peer list twice; make it unique")
            }
            let size = voter.host.utf8.count
            guard size > 0, size < Int(MP_UV_HOST_SIZE), voter.port != 0 else {
                throw NodeError(
                    .invalidOptions,
                    "the address of node \(voter.node) is not host:port; correct it")
            }
        }
    }
}

extension NodeOptions {
    /// Lends the C form of these options for the length of `body`.
    func withRaw<Result>(
        listener: Int32, _ body: (UnsafePointer<mp_uv_options>) -> Result
    ) -> Result {
        var raw = mp_uv_options()
        copy(cluster, to: &raw.cluster)
        raw.node = node
        raw.voter_count = UInt32(voters.count)
        withUnsafeMutableBytes(of: &raw.voters) { bytes in
            let peers = bytes.bindMemory(to: mp_uv_peer.self)
            for (position, voter) in voters.enumerated() { peers[position] = voter.raw }
        }
        raw.listen_fd = listener
        raw.timeout_us = electionTimeout.microseconds
        raw.call_timeout_us = callTimeout.microseconds
        raw.window = UInt32(clamping: window)
        raw.groups_max = UInt32(clamping: objectsMax)
        raw.trace_limit = traceLimit
        raw.scrub_bytes = scrubBytesPerSecond
        raw.snapshot_bytes = snapshotBytes
        return withPath(data) { path in
            raw.data = path
            return withPath(trace) { path in
                raw.trace = path
                return withPath(spool) { path in
                    raw.spool = path
                    return body(&raw)
                }
            }
        }
    }
}

private func withPath<Result>(
    _ path: String?, _ body: (UnsafePointer<CChar>?) -> Result
) -> Result {
    guard let path else { return body(nil) }
    return path.withCString { body($0) }
}

extension NodeOptions.Voter {
    fileprivate var raw: mp_uv_peer {
        var raw = mp_uv_peer()
        raw.node = node
        raw.port = port
        copy(host, to: &raw.host)
        return raw
    }
}

extension NodeOptions.LogLevel {
    init(_ raw: mp_uv_log_level) {
        switch raw {
        case MP_UV_LOG_ERROR: self = .error
        case MP_UV_LOG_WARNING: self = .warning
        default: self = .info
        }
    }
}

extension Duration {
    /// Whole microseconds, at least 0, and so few that a time may be added.
    var microseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let whole = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000)
        let most = UInt64.max / 2
        guard !whole.overflow, whole.partialValue < most else { return most }
        return whole.partialValue + UInt64(attoseconds / 1_000_000_000_000)
    }
}

/// Copies `text` into a C array of characters that has room for it and a closing zero.
private func copy<Characters>(_ text: String, to characters: inout Characters) {
    withUnsafeMutableBytes(of: &characters) { bytes in
        precondition(text.utf8.count < bytes.count, "a name that was validated is too long")
        bytes.copyBytes(from: text.utf8)
        bytes[text.utf8.count] = 0
    }
}
