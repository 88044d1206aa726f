/// What the generator knows after the run: every request that it issued, and what was said of it.
struct Evidence: Sendable {
    /// One session of the generator.
    struct Session: Sendable {
        /// The number of the client, from 0: part of the ids in its values.
        var client: Int
        var ledger: RequestLedger
        /// How often a request was submitted, where that is more than once.
        var attempts: [UInt64: Int]
        var reads = ReadLedger(most: 0)
    }

    var sessions: [UInt64: Session] = [:]

    /// All acknowledged requests.
    var acknowledged: UInt64 { sessions.values.reduce(0) { $0 + $1.ledger.acknowledged } }
}

/// Something that must not happen, with the first request that shows it.
struct Offence: Sendable, Equatable {
    enum Kind: String, Sendable, Codable {
        case lost
        case duplicated
        case wrongIndex
        case foreign
        case refusedButDone
        case wrongContent
        case wrongResult
        case gap
        /// A write comes after one in the log that was called after it had returned.
        case reordered
        /// The same, and one of the two is a read.
        case staleRead
        /// A read did not return what the log has where it was answered.
        case wrongRead
    }

    let kind: Kind
    let node: UInt64
    let detail: String
}
