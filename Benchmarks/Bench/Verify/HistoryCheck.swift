/// Judges what the clients saw against one order of all operations: writes as in the log, a read
/// right after the last entry that it saw.
///
/// If each answer is that of this order, and the order agrees with real time, the run is
/// linearizable. Sorting the reads is all that costs more than a pass.
struct HistoryCheck: Sendable {
    private struct PlacedRead: Sendable {
        var index: UInt64
        var called: UInt64
        var session: UInt64
        var number: UInt64
    }

    private let evidence: Evidence
    private let values: Values
    private var reads: [PlacedRead] = []
    private var next = 0
    private var order = RealTimeOrder()
    private var untimed: UInt64 = 0

    init(_ evidence: Evidence, _ values: Values) {
        self.evidence = evidence
        self.values = values
        for (id, session) in evidence.sessions where session.reads.last > 0 {
            for number in 1...session.reads.last {
                guard let read = session.reads[number] else { continue }
                reads.append(
                    PlacedRead(
                        index: read.index, called: read.interval.called, session: id,
                        number: number))
            }
        }
        reads.sort { ($0.index, $0.called) < ($1.index, $1.called) }
    }

    /// Why not everything was judged; nil if it was.
    var incomplete: String? {
        let dropped = evidence.sessions.values.reduce(0) { $0 + $1.reads.dropped }
        guard untimed > 0 || dropped > 0 else { return nil }
        return """
            the run is longer than the history that is kept: the times of \(grouped(untimed)) \
            writes and \(grouped(dropped)) reads are missing; lower --seconds.
            """
    }

    /// The entry at `index` carries out a request.
    mutating func wrote(
        _ request: UInt64, of session: Evidence.Session, at index: UInt64,
        _ offend: (Offence.Kind, String) -> Void
    ) {
        guard let interval = session.ledger.interval(request) else {
            untimed += 1
            return
        }
        place(
            .init(
                client: session.client, number: request, isRead: false, index: index,
                interval: interval), offend)
    }

    /// The state is that of `model`, with the entry at `index` and before the next one.
    mutating func passed(
        _ index: UInt64, _ model: LogModel, _ offend: (Offence.Kind, String) -> Void
    ) {
        while next < reads.count, reads[next].index <= index {
            judge(reads[next], model, offend)
            next += 1
        }
    }

    /// Nothing may have seen more than the log has.
    func finish(_ last: UInt64, _ offend: (Offence.Kind, String) -> Void) {
        guard next < reads.count else { return }
        let (read, count) = (reads[next], reads.count - next)
        offend(
            .wrongRead,
            """
            read \(read.number) of client \(client(read) + 1) saw index \(read.index), but the log \
            ends at \(last); of \(count) such reads the first
            """)
    }

    private func client(_ read: PlacedRead) -> Int { evidence.sessions[read.session]?.client ?? 0 }

    private mutating func judge(
        _ placed: PlacedRead, _ model: LogModel, _ offend: (Offence.Kind, String) -> Void
    ) {
        guard let read = evidence.sessions[placed.session]?.reads[placed.number] else { return }
        let client = client(placed)
        let operation = RealTimeOrder.Operation(
            client: client, number: placed.number, isRead: true, index: placed.index,
            interval: read.interval)
        let key = values.readKeyIndex(of: Values.id(client: client, request: placed.number))
        if model.writers[key] != read.witness {
            offend(
                .wrongRead,
                """
                \(operation) returned the value of \(hex(read.witness)), but there the log has \
                that of \(hex(model.writers[key]))
                """)
        }
        place(operation, offend)
    }

    private mutating func place(
        _ operation: RealTimeOrder.Operation, _ offend: (Offence.Kind, String) -> Void
    ) {
        guard let before = order.place(operation) else { return }
        let nanoseconds = before.interval.called - operation.interval.returned
        offend(
            operation.isRead || before.isRead ? .staleRead : .reordered,
            """
            \(before) was called \(milliseconds(nanoseconds / 1000)) after \(operation) had \
            returned, but comes before it
            """)
    }
}

func hex(_ value: UInt64) -> String { String(value, radix: 16) }
