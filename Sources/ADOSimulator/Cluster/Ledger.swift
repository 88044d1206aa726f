internal import CMultiPaxos

/// What is known to be committed, by anybody: the one history that every node must agree with.
struct Ledger {
    private var logs = SmallMap<FrameList>()
    private var configurations = SmallMap<UInt64>()
    /// The lowest ballot that committed each index, from 1 on; none where nobody saw it.
    private var ballots = SmallMap<[mp_ballot?]>()
    private var named = SmallMap<UInt32>()

    func committed(_ group: UInt64) -> UInt64 { logs[group]?.last?.batch.last ?? 0 }

    func frames(_ group: UInt64) -> [Frame] { logs[group]?.frames ?? [] }

    /// The committed frame that starts at an index; nil if there is none.
    func frame(_ group: UInt64, first: UInt64) -> Frame? { logs[group]?.frame(first: first) }

    /// The configuration committed last; nil if there is none.
    func voters(_ group: UInt64) -> UInt64? { configurations[group] }

    /// The admissions that what is committed names.
    func admissions(_ group: UInt64) -> UInt32 { named[group] ?? 0 }

    /// The payloads of the committed entries, as text.
    func texts(_ group: UInt64) -> [String] { frames(group).flatMap(\.texts) }

    /// Takes note that an owner committed these indices under its ballot.
    ///
    /// Two may commit the same: what one of them pushed, and the next one found.
    mutating func note(
        _ ballot: mp_ballot, committing indices: ClosedRange<UInt64>, _ group: UInt64
    ) {
        Self.note(ballot, committing: indices, in: &ballots[group, default: []])
    }

    private static func note(
        _ ballot: mp_ballot, committing indices: ClosedRange<UInt64>, in known: inout [mp_ballot?]
    ) {
        let missing = Int(indices.upperBound) - known.count
        if missing > 0 { known += Array(repeating: nil, count: missing) }
        for index in indices {
            known[Int(index) - 1] = min(known[Int(index) - 1] ?? ballot, ballot)
        }
    }

    /// The lowest ballot that committed an index; nil if nobody is known to have committed it.
    func ballot(committing index: UInt64, _ group: UInt64) -> mp_ballot? {
        guard let known = ballots[group], index > 0, index <= known.count else { return nil }
        return known[Int(index) - 1]
    }

    enum Verdict: Equatable {
        case known
        case new
        case violation(String)
    }

    /// Takes note that a node holds `frame` to be committed.
    mutating func record(_ frame: Frame, group: UInt64) -> Verdict {
        let log = logs[group] ?? FrameList()
        if let known = log.frame(first: frame.batch.first) {
            return known.hasSameBytes(as: frame)
                ? .known
                : .violation("\(frame.point) is committed here, \(known.point) elsewhere")
        }
        if let last = log.last {
            if frame.batch.first != last.batch.last + 1 {
                return .violation("\(frame.point) does not start after \(last.point)")
            }
            if frame.batch.previous != last.batch.checksum {
                return .violation("\(frame.point) does not descend from \(last.point)")
            }
        } else if frame.batch.first != 1 {
            return .violation("\(frame.point) is the first to be committed, but not the first")
        }
        return add(frame, group)
    }

    private mutating func add(_ frame: Frame, _ group: UInt64) -> Verdict {
        guard logs[group, default: FrameList()].append(frame) else {
            return .violation("\(frame.point) leaves a gap")
        }
        if frame.batch.voters != 0 { configurations[group] = frame.batch.voters }
        if frame.batch.admissions != 0 { named[group] = frame.batch.admissions }
        return .new
    }
}
