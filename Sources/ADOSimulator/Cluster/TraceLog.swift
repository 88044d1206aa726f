internal import CMultiPaxos

/// The trace records of a run, bounded, with the refinement check fed by each.
final class TraceLog {
    private(set) var records: [mp_trace] = []
    private(set) var count = 0
    private(set) var hash: UInt64 = 0
    var onRecord: ((mp_trace) -> Void)?
    /// Keeps every record, and not only the last.
    var keepsAll = false
    static let limit = 4096

    func append(_ record: mp_trace) {
        count += 1
        hash =
            hash &* 31 &+ UInt64(record.kind.rawValue) &+ record.now_us &* 7 &+ record.node &* 13
            &+ record.ballot.round &* 17 &+ record.point.checksum
        if records.count == Self.limit, !keepsAll { records.removeFirst(Self.limit / 2) }
        records.append(record)
        onRecord?(record)
    }

    /// The last `count` records, a line each.
    func tail(_ count: Int) -> String {
        records.suffix(count).map(\.line).joined(separator: "\n")
    }

    /// The hook to give to the core, and its context.
    static let hook: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<mp_trace>?) -> Void = {
        context, record in
        guard let context, let record else { return }
        Unmanaged<TraceLog>.fromOpaque(context).takeUnretainedValue().append(record.pointee)
    }

    var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }
}

extension mp_trace {
    var line: String {
        let name = String(cString: mp_trace_name(kind))
        var line = "\(now_us) node \(nodeName(node)) group \(group): \(name)"
        if ballot.round != 0 { line += " \(ballot)" }
        if by.round != 0, by != ballot { line += " by \(by)" }
        if point.index != 0 { line += " at \(point)" }
        if peer != 0 { line += " peer \(nodeName(peer))" }
        return line
    }
}

func nodeName(_ node: UInt64) -> String {
    node & clientBit == 0 ? "\(node)" : "c\(node & ~clientBit)"
}
