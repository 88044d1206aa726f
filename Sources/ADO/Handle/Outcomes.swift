/// What became of a call.
///
/// Values below 64 are the answer of the object: the call is in the log, or was read. Values from
/// 64 on come from whoever carried the call.
public enum ReplyOutcome: UInt32, Sendable, Hashable, CaseIterable {
    /// The method's result.
    case ok = 0
    /// The method threw: the encoded error. Nothing changed.
    case thrown = 1
    /// The session is unknown or evicted: not done by this entry.
    case noSession = 2
    /// The request was settled as cancelled before: never done.
    case cancelled = 3
    /// The result of the request was given up; whether it was done is not known any more.
    case forgotten = 4
    /// No type for this object is registered where the call arrived.
    case unhosted = 5
    /// The call could not be decoded. Nothing changed.
    case rejected = 6
    /// The replica that answers has stopped: the encoded ``Quarantine``.
    case quarantined = 7
    /// Not done: a queue is full.
    case busy = 64
    /// Not done: too few nodes are reachable.
    case noQuorum = 65
    /// Not done: the call is too large.
    case tooLarge = 66
    /// Not done: the disks are full.
    case storageFull = 67
    /// Not done: nobody told the server what the object is.
    case notOpen = 68
    /// May or may not have been done, or may be later.
    case unknown = 69
    /// Not done: the node was closing and had not sent it.
    case closed = 70
}

/// The answer to one call.
public struct Reply: Sendable, Hashable {
    /// What became of it.
    public let outcome: ReplyOutcome

    /// The entry's place in the log; for a read, the last index it has seen.
    public let index: UInt64

    /// The encoded result, or the encoded error.
    public let payload: [UInt8]

    /// Makes an answer.
    public init(_ outcome: ReplyOutcome, index: UInt64 = 0, payload: [UInt8] = []) {
        self.outcome = outcome
        self.index = index
        self.payload = payload
    }
}

extension Reply {
    /// Splits the result records of entries from index `first` on.
    ///
    /// A record is `{u32 size, u32 outcome, payload}`. If they cannot be read, all are unknown.
    public static func records(_ bytes: [UInt8], count: Int, first: UInt64) -> [Reply] {
        let replies: [Reply]? = try? Reader.read(bytes) { reader throws(DecodingFailure) in
            var replies: [Reply] = []
            for position in 0..<UInt64(count) {
                let size = try reader.u32()
                let outcome = ReplyOutcome(rawValue: try reader.u32())
                let payload = [UInt8](try reader.raw(Int(size)))
                replies.append(
                    Reply(outcome ?? .unknown, index: first + position, payload: payload))
            }
            return replies
        }
        return replies ?? Array(repeating: Reply(.unknown), count: count)
    }
}

/// What became of a push.
public enum PushReport: Sendable, Hashable {
    /// Everything pending is committed; the log ends at `through`.
    case committed(through: UInt64)
    /// At the deadline: the log is committed through this index, and the rest may be later.
    case partial(through: UInt64)
    /// `by` took over: what had been sent is unknown.
    case preempted(by: Ballot)
    /// At the deadline: nothing is known to be committed.
    case unknown
    /// Not the owner any more: nothing of the block was sent.
    case stale
    /// A queue is full: nothing of the block was sent.
    case busy
    /// The disks are full: nothing of the block was sent.
    case storageFull
    /// The block is too large: nothing of it was sent.
    case tooLarge
    /// The backend is closing: nothing of the block was sent.
    case closed
}
