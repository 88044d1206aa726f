/// Whether all nodes of a group commit the same log.
///
/// Checksums are a hash chain, so that equal ones at one index mean equal logs up to there. It also
/// sees to it that no node goes back behind what it reported as committed, unless it started anew.
public struct Agreement: Sendable {
    private var checksums: [UInt64: UInt64] = [:]
    private var committed: [UInt64: LogPoint] = [:]

    /// Makes a checker that has seen nothing.
    public init() {}

    /// Adds a record of the group; returns what it breaks.
    public mutating func add(_ record: TraceRecord) -> Violation? {
        switch record.kind {
        case .committed: return commit(record)
        case .truncated:
            guard let last = committed[record.node], record.point.index < last.index else {
                return nil
            }
            return broken("node \(record.node) drops \(last), which it knows to be committed")
        case .started, .diskLost:
            committed[record.node] = nil
            return nil
        default: return nil
        }
    }

    private mutating func commit(_ record: TraceRecord) -> Violation? {
        let point = record.point
        if let last = committed.updateValue(point, forKey: record.node) {
            guard point.index > last.index else {
                return broken("node \(record.node) commits \(point) after \(last)")
            }
            guard point.ballot >= last.ballot else {
                return broken("node \(record.node) commits \(point) above the newer \(last)")
            }
        }
        let first = checksums[point.index]
        guard let first else {
            checksums[point.index] = point.checksum
            return nil
        }
        guard first != point.checksum else { return nil }
        let other = String(first, radix: 16)
        return broken(
            "node \(record.node) commits \(point), but index \(point.index) is #\(other) elsewhere")
    }

    private func broken(_ explanation: String) -> Violation {
        Violation(rule: "agreement", explanation: explanation)
    }
}
