/// What is known of every request of one session, in 32 bytes a request: 16 for its times, which
/// are kept of the first `timed` requests only.
///
/// Requests are numbered from 1. Memory grows by chunks, so that an append never copies what is
/// there: a copy of a long run's ledger would stop the load for a tenth of a second.
struct RequestLedger: Sendable {
    enum Fate: Equatable, Sendable {
        /// No answer that settles it yet.
        case open
        /// Done, at this index of the log.
        case acknowledged(index: UInt64)
        /// Never in the log: refused before it was proposed.
        case refused
        /// In the log or not, but without effect: the state machine refused it.
        case rejected
        /// In the log or not: its result was given up before an answer arrived.
        case forgotten
    }

    private struct Record: Sendable {
        var index: UInt64 = 0
        /// The result of an acknowledged request as one number; of an open one when it was due.
        var witness: UInt64 = 0
    }

    private static let chunkBits: UInt64 = 15
    private static let refusedMark = UInt64.max
    private static let rejectedMark = UInt64.max - 1
    private static let forgottenMark = UInt64.max - 2

    /// The highest request whose times are kept.
    let timed: UInt64

    private var chunks: [ContiguousArray<Record>] = []
    private var times: [ContiguousArray<Interval>] = []

    /// The highest request number that was given out.
    private(set) var last: UInt64 = 0

    /// How many are acknowledged.
    private(set) var acknowledged: UInt64 = 0

    init(timed: UInt64 = .max) { self.timed = timed }

    /// Gives out the next request number, called at `now`.
    ///
    /// - Parameter due: when it should have been, from which its latency counts; `now` if nil.
    mutating func open(now: UInt64, due: UInt64? = nil) -> UInt64 {
        last += 1
        let (chunk, offset) = Self.place(last)
        if chunk == chunks.count {
            chunks.append(ContiguousArray(repeating: Record(), count: 1 << Self.chunkBits))
        }
        chunks[chunk][offset].witness = due ?? now
        guard last <= timed else { return last }
        if chunk == times.count {
            let never = Interval(called: 0)
            times.append(ContiguousArray(repeating: never, count: 1 << Self.chunkBits))
        }
        times[chunk][offset] = Interval(called: now)
        return last
    }

    /// When a request ran; nil if that is not kept.
    func interval(_ request: UInt64) -> Interval? {
        guard contains(request), request <= timed else { return nil }
        let (chunk, offset) = Self.place(request)
        return times[chunk][offset]
    }

    /// Whether this number was given out.
    func contains(_ request: UInt64) -> Bool { request >= 1 && request <= last }

    /// When an open request was due.
    func due(_ request: UInt64) -> UInt64 { record(request).witness }

    mutating func acknowledge(_ request: UInt64, index: UInt64, witness: UInt64, now: UInt64) {
        precondition(index > 0 && index < Self.forgottenMark, "no index of a log")
        settle(request, Record(index: index, witness: witness))
        acknowledged += 1
        guard request <= timed else { return }
        let (chunk, offset) = Self.place(request)
        times[chunk][offset].returned = now
    }

    mutating func refuse(_ request: UInt64) {
        settle(request, Record(index: Self.refusedMark))
    }

    mutating func reject(_ request: UInt64) {
        settle(request, Record(index: Self.rejectedMark))
    }

    mutating func forget(_ request: UInt64) {
        settle(request, Record(index: Self.forgottenMark))
    }

    /// Takes back the numbers that were given out last, as nobody has seen them.
    mutating func takeBack(_ count: Int) {
        precondition(UInt64(count) <= last, "more than was given out")
        last -= UInt64(count)
    }

    func fate(_ request: UInt64) -> Fate {
        switch record(request).index {
        case 0: .open
        case Self.refusedMark: .refused
        case Self.rejectedMark: .rejected
        case Self.forgottenMark: .forgotten
        case let index: .acknowledged(index: index)
        }
    }

    /// What the result of an acknowledged request said.
    func witness(_ request: UInt64) -> UInt64 { record(request).witness }

    private func record(_ request: UInt64) -> Record {
        precondition(contains(request), "a request that was never given out")
        let (chunk, offset) = Self.place(request)
        return chunks[chunk][offset]
    }

    private mutating func settle(_ request: UInt64, _ record: Record) {
        precondition(contains(request), "a request that was never given out")
        let (chunk, offset) = Self.place(request)
        precondition(chunks[chunk][offset].index == 0, "a request is settled once")
        chunks[chunk][offset] = record
    }

    private static func place(_ request: UInt64) -> (chunk: Int, offset: Int) {
        let position = request - 1
        return (Int(position >> chunkBits), Int(position & (1 << chunkBits - 1)))
    }
}

// MARK: - Falsification, to see that the verdict notices

extension RequestLedger {
    mutating func falsify(_ request: UInt64, witness: UInt64) {
        let (chunk, offset) = Self.place(request)
        chunks[chunk][offset].witness = witness
    }

    mutating func falsify(_ request: UInt64, _ interval: Interval) {
        guard request <= timed else { return }
        let (chunk, offset) = Self.place(request)
        times[chunk][offset] = interval
    }
}

extension RequestLedger: CustomStringConvertible {
    var description: String { "\(last) requests, \(acknowledged) acknowledged" }
}
