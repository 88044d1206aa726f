/// What a trace record says: the transitions of the protocol core, and two marks about a node.
public enum TraceKind: UInt8, Hashable, Sendable, CaseIterable {
    /// An acceptor promised `ballot`; `point` is the tip of its own log.
    case promised = 1
    /// An acceptor refused `ballot`, because it promised `by`.
    case refused = 2
    /// An acceptor holds what `ballot` sent, up to `point`.
    case accepted = 3
    /// A replica dropped the end of its log; `point` is the last entry kept.
    case truncated = 4
    /// A replica knows that its log is committed up to `point`.
    case committed = 5
    /// A proposer begins phase 1 of `ballot`.
    case preparing = 6
    /// A proposer fetches the log that it adopts, from `peer`.
    case adopting = 7
    /// A proposer owns the log with `ballot`; `point` is the tip that it adopted.
    case pulled = 8
    /// The owner appended a batch, which ends at `point`.
    case invoked = 9
    /// The owner began to send its log, up to `point`.
    case pushed = 10
    /// The proposer of `ballot` gave way to the ballot `by`.
    case preempted = 11
    /// The proposer of `ballot` gave up.
    case pullFailed = 12
    /// The node that serves, as this one sees it, is `peer`, `ballot` its rank.
    case serving = 13
    /// A message came too late to matter.
    case stale = 14
    /// A snapshot took the place of the log through `point`, which begins after it now.
    case installed = 15

    /// The node started: what it held only in memory is gone. Written by what runs the core.
    case started = 128
    /// The disk of the node was wiped or rolled back: what it had made durable may be gone, too.
    case diskLost = 129
}

extension TraceKind: CustomStringConvertible {
    /// The kind in lower case, as logs name it.
    public var description: String {
        switch self {
        case .promised: "promised"
        case .refused: "refused"
        case .accepted: "accepted"
        case .truncated: "truncated"
        case .committed: "committed"
        case .preparing: "preparing"
        case .adopting: "adopting"
        case .pulled: "pulled"
        case .invoked: "invoked"
        case .pushed: "pushed"
        case .preempted: "preempted"
        case .pullFailed: "pull failed"
        case .serving: "serving"
        case .stale: "stale"
        case .installed: "installed"
        case .started: "started"
        case .diskLost: "disk lost"
        }
    }
}
