internal import ADO
internal import ADOSpec
internal import CMultiPaxos

/// Set in the node id of a proposer without a vote.
let clientBit = UInt64(1) << 63

/// The election timeout unless a configuration has another, in virtual microseconds.
let T: UInt64 = 200_000

extension mp_ballot {
    init(_ round: UInt64, _ node: UInt64) { self.init(round: round, node: node) }

    static var none: mp_ballot { mp_ballot(round: 0, node: 0) }
}

extension mp_ballot: @retroactive Equatable {
    /// Whether two ballots are the same.
    static func == (a: mp_ballot, b: mp_ballot) -> Bool { mp_ballot_equal(a, b) }
}

extension mp_ballot: @retroactive Comparable {
    /// Whether a ballot comes before another.
    static func < (a: mp_ballot, b: mp_ballot) -> Bool { mp_ballot_compare(a, b) < 0 }
}

extension mp_ballot: @retroactive CustomStringConvertible {
    /// Round and node, clients marked by a c.
    var description: String {
        node & clientBit == 0 ? "\(round).\(node)" : "\(round).c\(node & ~clientBit)"
    }
}

extension mp_point: @retroactive Equatable {
    /// Whether two points are the same entry of the same history.
    static func == (a: mp_point, b: mp_point) -> Bool {
        a.index == b.index && a.ballot == b.ballot && a.checksum == b.checksum
    }

    static var root: mp_point { mp_point() }
}

extension mp_point: @retroactive CustomStringConvertible {
    /// Index and ballot.
    var description: String { index == 0 ? "root" : "\(index)@\(ballot)" }
}

extension mp_status: @retroactive CustomStringConvertible {
    /// The name in the source.
    var description: String { String(cString: mp_status_name(self)) }
}

/// The order in which logs are compared by a pull: ballot of the last entry, then length.
func isBetter(_ a: mp_point, than b: mp_point) -> Bool {
    a.ballot == b.ballot ? a.index > b.index : a.ballot > b.ballot
}

func nameOfKind(_ kind: UInt8) -> String {
    let names = [
        "none", "prepare", "promise", "fetch", "frame", "fetched", "accept", "accepted", "commit",
        "confirm", "confirmed", "beat", "beaten", "ask", "tip",
    ]
    return Int(kind) < names.count ? names[Int(kind)] : "kind \(kind)"
}

func nameOfOutcome(_ outcome: UInt8) -> String {
    let names = ["ok", "refused", "gap", "full", "gone"]
    return Int(outcome) < names.count ? names[Int(outcome)] : "outcome \(outcome)"
}

extension mp_outcome_kind: @retroactive Hashable {}

// MARK: As values of the specification

extension Ballot {
    init(_ raw: mp_ballot) { self.init(round: raw.round, node: raw.node) }
}

extension LogPoint {
    init(_ raw: mp_point) {
        self.init(index: raw.index, ballot: Ballot(raw.ballot), checksum: raw.checksum)
    }
}

extension TraceRecord {
    init(_ raw: mp_trace) {
        self.init(
            TraceKind(rawValue: UInt8(truncatingIfNeeded: raw.kind.rawValue)) ?? .stale,
            time: raw.now_us, node: raw.node, group: raw.group, peer: raw.peer,
            ballot: Ballot(raw.ballot), by: Ballot(raw.by), point: LogPoint(raw.point))
    }
}
