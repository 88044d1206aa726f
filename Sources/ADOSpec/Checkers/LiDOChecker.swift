/// Feeds ``LiDO`` with the trace of one group, and compares with it what the replicas hold.
///
/// Only the owner of a ballot commits a round of it: what others report follows from that. A batch
/// that anybody accepts, promises on or commits must be one that was invoked, unchanged: index and
/// ballot are its identity for life.
public struct LiDOChecker: Sendable {
    private var lido = LiDO()
    /// What each node owns the group with.
    private var owned: [UInt64: Ballot] = [:]

    /// Makes a checker that has seen nothing.
    public init() {}

    /// Takes the log as committed through `point` before the trace began.
    public mutating func assume(_ point: LogPoint) {
        lido.assume(Self.round(point), method: point.checksum)
    }

    /// Adds a record of the group; returns what it breaks.
    public mutating func add(_ record: TraceRecord) -> Violation? {
        switch record.kind {
        case .pulled:
            owned[record.node] = record.ballot
            let unknown = known(record.point, record)
            return lido.pull(record.ballot, choosing: Self.round(record.point)) ?? unknown
        case .invoked:
            guard record.point.ballot == record.ballot else {
                let text = "\(record.point) is invoked under \(record.ballot)"
                return Violation(rule: "LiDO", explanation: text)
            }
            return lido.invoke(Self.round(record.point), method: record.point.checksum)
        case .committed:
            if let violation = known(record.point, record) { return violation }
            guard owned[record.node] == record.point.ballot else { return nil }
            return lido.push(Self.round(record.point))
        case .promised, .pushed, .accepted, .installed:
            return known(record.point, record)
        case .preempted, .preparing, .pullFailed, .started, .diskLost:
            owned[record.node] = nil
            return nil
        case .refused, .truncated, .adopting, .serving, .stale:
            return nil
        }
    }

    private mutating func known(_ point: LogPoint, _ record: TraceRecord) -> Violation? {
        if point.index == 0 { return nil }
        guard let checksum = lido.method(of: Self.round(point)) else {
            return .unknownHistory("\(point), which nobody invoked, is in: \(record)")
        }
        if checksum == point.checksum { return nil }
        let invoked = String(checksum, radix: 16)
        return Violation(
            rule: "identity of batches",
            explanation: "\(point) was invoked as #\(invoked), but is another in: \(record)")
    }

    private static func round(_ point: LogPoint) -> LiDO.Round {
        LiDO.Round(ballot: point.ballot, number: point.index)
    }
}
