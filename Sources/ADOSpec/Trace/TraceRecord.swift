/// One transition of one node, as the core reports it.
public struct TraceRecord: Hashable, Sendable {
    /// What happened.
    public var kind: TraceKind

    /// When, in microseconds of the node's own clock.
    public var time: UInt64

    /// Whose transition this is.
    public var node: UInt64

    /// The log that it concerns; 0 if none.
    public var group: UInt64

    /// The other node, where there is one.
    public var peer: UInt64

    /// The ballot that the transition belongs to.
    public var ballot: Ballot

    /// The other ballot, where there is one.
    public var by: Ballot

    /// The point of the log.
    public var point: LogPoint

    /// Makes a record.
    @inlinable
    public init(
        _ kind: TraceKind, time: UInt64 = 0, node: UInt64, group: UInt64 = 0, peer: UInt64 = 0,
        ballot: Ballot = .none, by: Ballot = .none, point: LogPoint = .root
    ) {
        self.kind = kind
        self.time = time
        self.node = node
        self.group = group
        self.peer = peer
        self.ballot = ballot
        self.by = by
        self.point = point
    }
}

extension TraceRecord: CustomStringConvertible {
    /// The record as one line, such as `1.250000 node 2 group 1 promised 7.3 at 4@6.1 #9f`.
    public var description: String {
        let fraction = String(time % 1_000_000)
        let zeros = String(repeating: "0", count: 6 - fraction.count)
        var line = "\(time / 1_000_000).\(zeros)\(fraction) node \(node)"
        if group != 0 { line += " group \(group)" }
        line += " \(kind)"
        if ballot != .none { line += " \(ballot)" }
        if point != .root { line += " at \(point)" }
        if by != .none, by != ballot { line += " by \(by)" }
        if peer != 0 { line += " with \(peer)" }
        return line
    }
}
