/// What a report says of a peer.
struct PeerFacts: Codable, Sendable, Equatable {
    struct Process: Codable, Sendable, Equatable {
        /// The role of what speaks for the load.
        static let speaker = "speaker"

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

extension PeerFacts {
    /// The share of one core from which on a speaker is believed to hold the peer up.
    private static let busy = 0.6

    /// That a figure is the speaker's and not the peer's, where it is.
    static func limits(of processes: [Process], overSeconds seconds: Double) -> [String] {
        let used = processes.filter { $0.role == Process.speaker }.map(\.cpu_s).reduce(0, +)
        guard seconds > 0, used / seconds >= busy else { return [] }
        let percent = Int((100 * used / seconds).rounded())
        let what = "what speaks for the load used \(percent) % of a core"
        return ["throughput: \(what), so that it may be its limit and not the peer's"]
    }
}
