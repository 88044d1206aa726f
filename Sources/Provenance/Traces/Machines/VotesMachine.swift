public import ADO

/// The vote of three resource managers on one transaction.
public struct VotesMachine: TraceMachine {
    /// `votes`.
    public static let object = "votes"

    /// Its methods.
    ///
    /// A vote is `yes` or `no`, of `r1`, `r2` or `r3`; the first of each counts.
    public static let methods = [TraceMethod("vote", .text, .text), TraceMethod("decide")]

    private static let voters = ["r1", "r2", "r3"]
    private var votes: [String: Bool] = [:]

    /// Nobody has voted.
    public init() {}

    /// Runs one call.
    public mutating func step(_ call: TraceCall) -> TraceValue {
        guard call.method == "vote" else {
            if votes.values.contains(false) { return "abort" }
            return votes.count == Self.voters.count ? "commit" : "pending"
        }
        let (voter, vote) = (call.text(0), call.text(1))
        guard Self.voters.contains(voter), votes[voter] == nil, vote == "yes" || vote == "no"
        else { return false }
        votes[voter] = vote == "yes"
        return true
    }

    /// One cell for each voter.
    public static func footprint(of call: TraceCall) -> Footprint {
        call.method == "vote"
            ? .changes(.of("votes", call.text(0))) : .reads(.property("votes"))
    }
}
