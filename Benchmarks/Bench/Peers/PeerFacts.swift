/// What a report says of a peer.
struct PeerFacts: Codable, Sendable, Equatable {
    struct Process: Codable, Sendable, Equatable {
        /// 0 is the process that speaks for the load.
        var node: UInt64
        var role: String
        var cpu_s: Double
        var cpu_us_op: Double
        var restarted: Bool
    }

    var name: Peer
    var version: String
    /// How the first server was started.
    var arguments: [String]
    /// `shipped` or `equal` to ours; absent where nobody elects.
    var election_timeout: String?
    /// After how long a peer's election times out, in milliseconds.
    var election_timeout_ms: Int?
    var processes: [Process] = []
    /// Keys that were read back at the end.
    var keys_read: Int = 0
    /// What the comparison cannot show.
    var limits: [String]
}
