/// Why a call returned what it did: witnesses, any one of which was enough.
///
/// A witness is a set of earlier calls after which, alone or with any others of the log, the reply
/// is the same [SoCC 2018, section 3]. Within one all calls are needed; between witnesses each
/// stands for itself.
public struct Explanation<Output: Hashable & Sendable>: Sendable {
    /// The reply that is explained.
    public let output: Output

    /// What the answer is worth.
    public let verdict: Verdict

    /// The witnesses, each a rising list of positions from 1, the latest first.
    ///
    /// One empty witness says that the reply has no cause.
    public let witnesses: [[Int]]

    /// The calls without any one of which the reply would be another: those that all witnesses have
    /// in common.
    ///
    /// Nil if too many replays would be needed to know.
    public let necessary: [Int]?

    /// The calls that were considered: all others cannot matter, by what they declare.
    public let considered: [Int]

    /// The number of calls before the one that is explained.
    public let count: Int

    init(
        output: Output, verdict: Verdict, witnesses: [[Int]], necessary: [Int]?,
        considered: [Int], count: Int
    ) {
        self.output = output
        self.verdict = verdict
        self.witnesses = witnesses.sorted { $1.reversed().lexicographicallyPrecedes($0.reversed()) }
        self.necessary = necessary
        self.considered = considered
        self.count = count
    }
}
