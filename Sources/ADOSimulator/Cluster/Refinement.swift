internal import CMultiPaxos

/// Checks trace records against the preconditions of LiDO (MODEL.md, section 6).
///
/// A round is a batch: its ballot, and its place in the log. The first batch of a ballot has the
/// election of the pull; each later one has the batch before it as its implicit parent.
struct Refinement {
    struct Round: Comparable, CustomStringConvertible {
        let ballot: mp_ballot
        let index: UInt64

        init(_ point: mp_point) {
            ballot = point.ballot
            index = point.index
        }

        static func < (a: Round, b: Round) -> Bool {
            a.ballot == b.ballot ? a.index < b.index : a.ballot < b.ballot
        }

        var description: String { "\(index)@\(ballot)" }
    }

    private struct Election {
        let ballot: mp_ballot
        let parent: Round
    }

    private struct Group {
        var elections: [Election] = []
        var methods: [UInt64: Round] = [:]
        var commits: [Round] = []
        var owners: [UInt64: mp_ballot] = [:]
    }

    private var groups: [UInt64: Group] = [:]

    /// Takes note of a batch that was there before the run began.
    mutating func assume(_ frame: Frame) {
        groups[frame.batch.group, default: Group()].methods[frame.batch.checksum] =
            Round(frame.point)
    }

    /// Takes note that a node has stopped, and owns nothing any more.
    mutating func forget(_ node: UInt64) {
        for group in groups.keys { groups[group]?.owners[node] = nil }
    }

    mutating func forget(_ node: UInt64, _ group: UInt64) { groups[group]?.owners[node] = nil }

    /// Adds a record; returns what it breaks.
    mutating func add(_ record: mp_trace) -> String? {
        var group = groups[record.group] ?? Group()
        defer { groups[record.group] = group }
        switch record.kind {
        case MP_TRACE_PULLED: return pulled(record, &group)
        case MP_TRACE_INVOKED: return invoked(record, &group)
        case MP_TRACE_PUSHED: return pushed(record, group)
        case MP_TRACE_COMMITTED: return committed(record, &group)
        case MP_TRACE_PREEMPTED, MP_TRACE_PREPARING:
            group.owners[record.node] = nil
            return nil
        default: return nil
        }
    }

    private func pulled(_ record: mp_trace, _ group: inout Group) -> String? {
        let ballot = record.ballot
        let parent = Round(record.point)
        if group.elections.contains(where: { $0.ballot == ballot }) {
            return "ballot \(ballot) is elected twice"
        }
        if parent.ballot >= ballot { return "\(ballot) adopts \(parent), which is not older" }
        if parent.index > 0 && group.methods[record.point.checksum] != parent {
            return "\(ballot) adopts \(parent), which nobody invoked"
        }
        for commit in group.commits where commit.ballot < ballot && parent < commit {
            return "\(ballot) adopts \(parent), although \(commit) is committed"
        }
        group.elections.append(Election(ballot: ballot, parent: parent))
        group.owners[record.node] = ballot
        return nil
    }

    private func invoked(_ record: mp_trace, _ group: inout Group) -> String? {
        let round = Round(record.point)
        guard group.elections.contains(where: { $0.ballot == round.ballot }) else {
            return "\(round) is invoked without an election"
        }
        if group.methods.values.contains(round) { return "\(round) is invoked twice" }
        group.methods[record.point.checksum] = round
        return nil
    }

    private func pushed(_ record: mp_trace, _ group: Group) -> String? {
        let point = record.point
        if point.index == 0 { return nil }
        if group.methods[point.checksum] != Round(point) {
            return "\(Round(point)) is pushed, but nobody invoked it"
        }
        return nil
    }

    /// Only the owner of a ballot commits a round of it; what others report follows from that.
    private func committed(_ record: mp_trace, _ group: inout Group) -> String? {
        let round = Round(record.point)
        guard group.owners[record.node] == round.ballot else { return nil }
        if group.methods[record.point.checksum] != round {
            return "\(round) is committed, but nobody invoked it"
        }
        for election in group.elections where election.ballot > round.ballot {
            if election.parent < round {
                return
                    "\(round) is committed, although \(election.ballot) adopted \(election.parent)"
            }
        }
        group.commits.append(round)
        return nil
    }
}
