import ADOSpec

/// The records of several trace files by time, which is an order in which they can have happened.
struct TraceMerge: Sequence, IteratorProtocol {
    private struct Head {
        var record: TimedRecord
        var rest: TraceFile.Records
        var lives: ArraySlice<TraceLife>
        let file: TraceFile
    }

    private var heads: [Head] = []
    private let until: UInt64

    /// The records made until that time.
    init(_ files: [TraceFile], until: UInt64) {
        self.until = until
        for file in files {
            guard let life = file.lives.first else { continue }
            var rest = file.records(of: life)
            guard let record = rest.next() else { continue }
            heads.append(
                Head(record: record, rest: rest, lives: file.lives.dropFirst(), file: file))
        }
    }

    mutating func next() -> TimedRecord? {
        var first = 0
        guard !heads.isEmpty else { return nil }
        for position in heads.indices.dropFirst()
        where heads[position].record.nanoseconds < heads[first].record.nanoseconds {
            first = position
        }
        let timed = heads[first].record
        guard timed.nanoseconds <= until else { return nil }
        advance(first)
        return timed
    }

    private mutating func advance(_ position: Int) {
        if let record = heads[position].rest.next() {
            heads[position].record = record
            return
        }
        while let life = heads[position].lives.popFirst() {
            heads[position].rest = heads[position].file.records(of: life)
            guard let record = heads[position].rest.next() else { continue }
            heads[position].record = record
            return
        }
        heads.remove(at: position)
    }
}
