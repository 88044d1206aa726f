/// Deliberate mistakes of the simulated driver and its disks, one at a time.
///
/// They prove that a run finds such a mistake. Those of the core are patches, in `Tests/Plants`.
public enum Plant: String, CaseIterable, Sendable {
    /// A node whose disk was wiped copies what is committed, and votes again.
    case wipedVotes = "wiped-votes"
    /// A node whose disk was rolled back votes again.
    case rolledBackVotes = "rolled-back-votes"
    /// A damaged record, and what follows it, is taken for one that was never there.
    case corruptIsAbsent = "corrupt-is-absent"
    /// A damaged frame is repaired by whatever another server has at its index.
    case repairTakesAny = "repair-takes-any"
    /// A disk says that a write is durable, and loses it in a crash.
    case flushLies = "flush-lies"
    /// A server gives a call that it has seen before another number, so that it runs again.
    case duplicateApplied = "duplicate-applied"
    /// A server that starts again has forgotten the sessions that its log opened.
    case sessionDropped = "session-dropped"
    /// A push of which a prefix may be committed is reported as committed.
    case partialIsWhole = "partial-is-whole"
    /// A log is trimmed as far as it is committed, and not as far as a snapshot holds it.
    case trimmedBeyondSnapshot = "trimmed-beyond-snapshot"
    /// A log begins after a snapshot that was not made durable.
    case installedUnstored = "installed-unstored"
    /// A snapshot holds the object and not the sessions.
    case snapshotWithoutSessions = "snapshot-without-sessions"
    /// An owner answers a read from its state without waiting for the barrier.
    case readWithoutBarrier = "read-without-barrier"
    /// A server answers a read from its state before the last batch, barrier or not.
    case readOfOldState = "read-of-old-state"
}
