import ADO
import ADOSpec

/// Gives back the records that a killed node could not write any more, from the committed log.
///
/// A batch of the log that nobody was seen to invoke was invoked by the node of its ballot; a
/// ballot that nobody was seen to pull adopted the batch before its first one. Only what a killed
/// node can have done is given back, and where the log does not have it, nothing is.
struct TraceCompletion {
    private let missing: [LogBatch]
    private let places: [UInt64: Int]
    private let parents: [Ballot: LogPoint]
    private var pulled: Set<Ballot>
    private var next = 0

    /// How many records were given back.
    private(set) var count = 0

    /// - Parameters:
    ///   - killed: Nodes of which a process ended without saying so.
    ///   - invoked: The checksums of all batches that were seen to be invoked.
    ///   - pulled: The ballots that were seen to be pulled.
    init(log: [LogBatch], killed: Set<UInt64>, invoked: Set<UInt64>, pulled: Set<Ballot>) {
        var parents: [Ballot: LogPoint] = [:]
        var before = LogPoint.root
        for batch in log {
            if batch.ballot != before.ballot { parents[batch.ballot] = before }
            before = batch.point
        }
        self.parents = parents
        self.pulled = pulled
        missing = log.filter {
            killed.contains($0.ballot.node) && !invoked.contains($0.checksum)
        }
        places = Dictionary(
            missing.enumerated().map { ($1.checksum, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// What must have happened before `record`, and was not seen.
    mutating func records(before record: TraceRecord) -> [TraceRecord] {
        guard next < missing.count, let place = places[record.point.checksum], place >= next
        else { return [] }
        var records: [TraceRecord] = []
        while next <= place {
            let batch = missing[next]
            if pulled.insert(batch.ballot).inserted {
                let parent = parents[batch.ballot] ?? .root
                records.append(Self.record(.pulled, batch.ballot, parent, like: record))
            }
            records.append(Self.record(.invoked, batch.ballot, batch.point, like: record))
            next += 1
        }
        count += records.count
        return records
    }

    private static func record(
        _ kind: TraceKind, _ ballot: Ballot, _ point: LogPoint, like record: TraceRecord
    ) -> TraceRecord {
        TraceRecord(
            kind, time: record.time, node: ballot.node, group: record.group, ballot: ballot,
            by: ballot, point: point)
    }
}
