public import ADOSpec

/// What came of one run.
public struct RunResult: Sendable {
    /// What the run was asked to be.
    public let options: RunOptions

    /// The first rule that was broken, if any was.
    public let violation: Violation?

    /// Why nobody knows whether what callers saw is linearizable: the search was given up; nil if
    /// it was not.
    public let undecided: String?

    /// Why the run was not compared with the model to its end; nil if it was.
    public let incomplete: String?

    /// Steps of the core.
    public let steps: Int

    /// Virtual time that passed.
    public let simulatedMicroseconds: UInt64

    /// A hash of the whole history and of every replica at the end.
    public let stateHash: UInt64

    /// Entries that were committed, of all groups together.
    public let committed: UInt64

    /// How many messages of each kind were sent, in one line.
    public let messages: String

    /// Calls that callers were answered.
    public let answered: Int

    /// What was drawn, in one line.
    public let plan: String

    /// The faults of the run, a line each, by number.
    public let faults: [(number: Int, text: String)]

    /// How many faults of each kind began.
    public let begun: [FaultClass: Int]

    /// Trace records as lines: the last 50, or all if they were asked for.
    public let trace: [String]

    /// The cache trees at the end, drawn as text; only after a violation.
    public let trees: String
}
