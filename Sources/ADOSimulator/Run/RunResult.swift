public import ADOSpec

/// What came of one run.
public struct RunResult: Sendable {
    /// Of the run.
    public let seed: UInt64

    /// The first rule that was broken, if any was.
    public let violation: Violation?

    /// Steps of the core.
    public let steps: Int

    /// Virtual time that passed.
    public let simulatedMicroseconds: UInt64

    /// A hash of the whole history and of every replica at the end.
    public let stateHash: UInt64

    /// What was drawn, in one line.
    public let plan: String

    /// Trace records as lines: the last 50, or all if they were asked for.
    public let trace: [String]
}
