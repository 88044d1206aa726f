/// The decisions of one client that keeps up to a fixed number of operations in flight.
///
/// It opens one whenever there is room, or, with `arrivals`, those that are due and no others: a
/// closed and an open loop.
///
/// No I/O and no clock: whoever owns it submits what it opens and tells it what was answered.
///
/// Each operation occupies one of `width` slots until it is settled. A slot whose operation was
/// refused rests until the next `tick`, so that a cluster which refuses everything is not asked a
/// million times a second. An operation whose fate is unknown keeps its slot and its request
/// number and is submitted again at each tick, until an answer settles it.
struct OperationLoop: Sendable {
    /// What an answer meant for the figures.
    enum Reception: Equatable, Sendable {
        case acknowledged(nanoseconds: UInt64)
        case refused
        /// The first time that the fate of this operation is unknown.
        case unknown
        /// Nothing new: a later unknown of the same operation.
        case nothing
    }

    private struct ReadStart: Sendable {
        var called: UInt64
        var due: UInt64
    }

    let width: Int
    let writesPercent: Int
    let preload: UInt64
    /// Whether every second read is followed by a write of its key, as one operation.
    let pairs: Bool

    /// When operations are due; nil for a closed loop, where they always are.
    var arrivals: Arrivals?

    private(set) var ledger: RequestLedger
    private(set) var reads: ReadLedger

    /// How often each request was submitted, where that is more than once.
    private(set) var attempts: [UInt64: Int] = [:]

    private var pending = 0
    private var resting = 0
    private var awaitingRetry: [UInt64] = []
    private var doubtful: Set<UInt64> = []
    private var readStarts: [UInt64: ReadStart] = [:]
    private(set) var lastRead: UInt64 = 0
    /// When the operation that was opened last was due.
    private(set) var lastDue: UInt64 = 0
    /// Writes whose read is over, by their numbers, with when the operation was due.
    private var ready: [UInt64: UInt64] = [:]
    /// Those of them whose read was not answered: the operation has failed.
    private var unread: Set<UInt64> = []
    private var opened: UInt64 = 0
    private var firstOpen: UInt64 = 1
    private var limit = UInt64.max

    /// A loop that keeps the times of so many writes, and what so many reads saw.
    init(
        width: Int, writesPercent: Int, preload: Int = 0, pairs: Bool = false,
        history: HistoryBound = .unbounded
    ) {
        precondition(width > 0 && (0...100).contains(writesPercent), "a loop of nothing")
        ledger = RequestLedger(timed: history.writes)
        reads = ReadLedger(most: history.reads)
        self.width = width
        self.writesPercent = pairs ? 0 : writesPercent
        self.pairs = pairs
        self.preload = UInt64(preload)
        readStarts.reserveCapacity(writesPercent == 100 ? 0 : width)
    }

    /// How many operations may be opened now.
    var room: Int {
        let slots = min(
            width - pending - resting - awaitingRetry.count - ready.count, arrivals?.waiting ?? .max
        )
        return Int(min(UInt64(max(slots, 0)), limit - min(limit, opened)))
    }

    /// Whether a tick has something to do.
    var needsTick: Bool { resting > 0 || !awaitingRetry.isEmpty || writesReady > 0 }

    /// Writes that may be opened now because their reads are over.
    ///
    /// Writes are numbered in order, so one whose read is late keeps back those after it.
    var writesReady: Int {
        guard pairs, limit > 0, !ready.isEmpty else { return 0 }
        var count = 0
        while ready[ledger.last + 1 + UInt64(count)] != nil { count += 1 }
        return count
    }

    /// Whether nothing is in flight and nothing is in doubt.
    var isDrained: Bool { pending == 0 && awaitingRetry.isEmpty }

    /// Operations that were submitted and not settled.
    var underWay: Int { pending + awaitingRetry.count }

    /// Requests whose fate is unknown now.
    var openCount: Int { doubtful.count }

    /// The lowest request that is not settled: results below it need not be kept.
    var lowestOpen: UInt64 { firstOpen }

    /// How many of the next `count` operations are writes.
    ///
    /// The first `preload` ones are.
    func writes(amongNext count: Int) -> Int {
        guard writesPercent < 100 else { return count }
        return (opened..<opened + UInt64(count)).count { number in
            number < preload || number &* 37 % 100 < UInt64(writesPercent)
        }
    }

    mutating func openWrite(now: UInt64) -> UInt64 {
        pending += 1
        if let due = ready.removeValue(forKey: ledger.last + 1) {
            lastDue = now
            return ledger.open(now: now, due: due)
        }
        opened += 1
        lastDue = arrivals?.take() ?? now
        return ledger.open(now: now, due: lastDue)
    }

    mutating func openRead(now: UInt64) -> UInt64 {
        pending += 1
        opened += 1
        lastRead += 1
        lastDue = arrivals?.take() ?? now
        readStarts[lastRead] = ReadStart(called: now, due: lastDue)
        return lastRead
    }

    /// Takes back the writes that were opened last and could not even be submitted.
    mutating func takeBackWrites(_ count: Int) {
        pending -= count
        for _ in 0..<count {
            let last = ledger.last
            if pairs, last > preload { ready[last] = ledger.due(last) } else { resting += 1 }
            ledger.takeBack(1)
        }
    }

    /// Takes back the reads that were opened last and could not even be submitted.
    mutating func takeBackReads(_ count: Int) {
        for _ in 0..<count {
            readStarts[lastRead] = nil
            lastRead -= 1
        }
        pending -= count
        resting += count
    }

    /// A request of the last tick could not be submitted again: it waits for the next one.
    mutating func postponeRetry(_ request: UInt64) {
        pending -= 1
        awaitingRetry.append(request)
    }

    /// Opens nothing from now on; what is in doubt is still retried.
    mutating func stop() {
        limit = 0
        arrivals = nil
    }

    /// Opens at most so many operations, over all.
    mutating func open(atMost count: UInt64) { limit = count }

    /// Slots rest no longer.
    ///
    /// - Returns: the requests to submit again, under their old numbers.
    mutating func tick() -> [UInt64] {
        resting = 0
        defer { awaitingRetry.removeAll(keepingCapacity: true) }
        for request in awaitingRetry { attempts[request, default: 1] += 1 }
        pending += awaitingRetry.count
        return awaitingRetry
    }

    /// Takes the answer to a write.
    mutating func receivedWrite(
        _ request: UInt64, _ answer: Answer, index: UInt64, witness: UInt64, now: UInt64
    ) -> Reception {
        pending -= 1
        switch answer {
        case .done:
            let due = ledger.due(request)
            settle(request) {
                $0.acknowledge(request, index: index, witness: witness, now: now)
            }
            if unread.remove(request) != nil { return .nothing }
            return .acknowledged(nanoseconds: now &- due)
        case .rejected:
            settle(request) { $0.reject(request) }
            rest()
            return .refused
        case .forgotten:
            let isNew = doubtful.insert(request).inserted
            settle(request) { $0.forget(request) }
            return isNew ? .unknown : .nothing
        case .refused where !doubtful.contains(request):
            settle(request) { $0.refuse(request) }
            rest()
            return .refused
        case .refused, .unknown:
            awaitingRetry.append(request)
            return doubtful.insert(request).inserted ? .unknown : .nothing
        }
    }

    /// Takes the answer to a read.
    ///
    /// A read has no effect, so one that was not answered failed.
    mutating func receivedRead(
        _ read: UInt64, _ answer: Answer, index: UInt64, witness: UInt64, now: UInt64
    ) -> Reception {
        pending -= 1
        guard let started = readStarts.removeValue(forKey: read) else { return .nothing }
        let write = pairs ? writeAfter(read: read, preloaded: preload) : nil
        if let write { ready[write] = started.due }
        guard answer == .done else {
            if let write { unread.insert(write) } else { rest() }
            return .refused
        }
        let interval = Interval(called: started.called, returned: now)
        reads.answered(read, .init(index: index, witness: witness, interval: interval))
        if write != nil { return .nothing }
        return .acknowledged(nanoseconds: now &- started.due)
    }

    private mutating func settle(_ request: UInt64, _ change: (inout RequestLedger) -> Void) {
        if !doubtful.isEmpty { doubtful.remove(request) }
        change(&ledger)
        advance()
    }

    private mutating func advance() {
        while firstOpen <= ledger.last, ledger.fate(firstOpen) != .open { firstOpen += 1 }
    }

    private mutating func rest() { resting += 1 }
}
