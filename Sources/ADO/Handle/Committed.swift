/// Committed entries of a log, in its order and without a gap.
public struct CommittedBlock: Sendable, Hashable {
    /// The ballot of every entry.
    public let ballot: Ballot

    /// The entries.
    public let entries: EntryBlock

    /// Makes a block of entries of one ballot.
    public init(ballot: Ballot, entries: EntryBlock) {
        self.ballot = ballot
        self.entries = entries
    }
}

/// What a backend knows to be committed from an index on.
public enum CommittedPart: Sendable, Hashable {
    /// The blocks from the one that holds the index on, or none, if nothing is committed there yet.
    case blocks([CommittedBlock])
    /// The index is in a part of the log that is given up; it begins at `first`.
    case trimmed(first: UInt64)
    /// Nobody answered.
    case unavailable
    /// The backend is closed, or keeps no log that can be read.
    case closed
}

extension Backend {
    /// A backend that does not say otherwise keeps no log that can be read.
    public func committed(
        _ object: ObjectName, from index: UInt64, timeout: Duration
    ) async -> CommittedPart {
        .closed
    }
}
