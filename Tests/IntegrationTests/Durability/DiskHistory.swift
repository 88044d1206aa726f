/// When each fact became durable on one node's disk.
///
/// A fact is durable once three things happened, each after the one before had ended: the pages
/// that hold it were written, the file was flushed, and a synchronous write (the page that makes
/// LMDB use the new pages) ended.
struct DiskHistory {
    private var written: [(fact: StoredFact, at: UInt64)] = []
    private var flushed: [(fact: StoredFact, at: UInt64)] = []
    private var durable: [StoredFact: UInt64] = [:]
    private var promises: [UInt64: [(ballot: WireBallot, at: UInt64)]] = [:]
    private var frames: [Link: StoredFrame] = [:]
    private var endingAt: [Place: Set<UInt64>] = [:]
    private var chains: [Link: UInt64] = [:]

    private struct Link: Hashable {
        var group: UInt64
        var checksum: UInt64
    }

    private struct Place: Hashable {
        var group: UInt64
        var index: UInt64
    }

    /// Learns from the calls of one process.
    ///
    /// `groups` are those whose promises matter.
    init(_ calls: [SystemCall], groups: Set<UInt64>) {
        for call in calls where call.kind != .send {
            if call.kind == .flush {
                move(&written, to: &flushed, call)
            } else if call.isSynchronous {
                commit(call)
            } else {
                let facts = StoredFact.all(in: call.bytes, groups: groups)
                written += facts.filter { durable[$0] == nil }.map { ($0, call.end) }
            }
        }
    }

    private typealias Dated = [(fact: StoredFact, at: UInt64)]

    private func move(_ from: inout Dated, to: inout Dated, _ call: SystemCall) {
        to += from.filter { $0.at <= call.begin }.map { ($0.fact, call.end) }
        from.removeAll { $0.at <= call.begin }
    }

    private mutating func commit(_ call: SystemCall) {
        for (fact, at) in flushed where at <= call.begin && durable[fact] == nil {
            durable[fact] = call.end
            note(fact, durableAt: call.end)
        }
        flushed.removeAll { $0.at <= call.begin }
    }

    private mutating func note(_ fact: StoredFact, durableAt time: UInt64) {
        switch fact {
        case .promise(let group, let ballot):
            promises[group, default: []].append((ballot, time))
        case .frame(let frame):
            frames[Link(group: frame.group, checksum: frame.checksum)] = frame
            endingAt[Place(group: frame.group, index: frame.last), default: []]
                .insert(frame.checksum)
        }
    }

    /// When a promise of `ballot` or of a higher one was durable; nil if none ever was.
    ///
    /// One commit may hold several promises; the highest of them, which is what is written, says no
    /// less than the others.
    func promised(_ group: UInt64, atLeast ballot: WireBallot) -> UInt64? {
        promises[group]?.filter { $0.ballot >= ballot }.map(\.at).min()
    }

    /// Whether a batch that begins at `index` or before became durable in `times`.
    ///
    /// Where a commit holds a batch and then one that cuts it off, only the second is written.
    func isCut(_ group: UInt64, at index: UInt64, in times: ClosedRange<UInt64>) -> Bool {
        frames.values.contains { frame in
            guard frame.group == group, frame.first <= index else { return false }
            return times.contains(durable[.frame(frame)] ?? .max)
        }
    }

    /// The batches that end at `index`, by checksum.
    func batches(of group: UInt64, endingAt index: UInt64) -> Set<UInt64> {
        endingAt[Place(group: group, index: index)] ?? []
    }

    /// All durable batches.
    var allFrames: some Collection<StoredFrame> { frames.values }

    /// When a batch and every batch before it in its log were durable; nil if they never were.
    mutating func chain(_ group: UInt64, _ checksum: UInt64) -> UInt64? {
        var path: [StoredFrame] = []
        var at = Link(group: group, checksum: checksum)
        var time: UInt64 = 0
        while true {
            if let known = chains[at] {
                time = known
                break
            }
            guard let frame = frames[at] else { return nil }
            path.append(frame)
            if frame.first == 1 { break }
            at.checksum = frame.previous
        }
        for frame in path.reversed() {
            time = max(time, durable[.frame(frame)] ?? .max)
            chains[Link(group: group, checksum: frame.checksum)] = time
        }
        return time
    }
}
