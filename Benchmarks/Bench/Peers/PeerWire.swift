/// One call to a peer, as its client opened it.
struct PeerCall: Sendable, Equatable {
    /// The request number of a write, the number of a read; each is counted alone.
    var number: UInt64
    var key: String
    /// What is written; nil for a read.
    var value: String?

    var isRead: Bool { value == nil }
}

/// What a peer said of one call.
struct PeerReply: Sendable, Equatable {
    var number: UInt64
    var isRead: Bool
    var answer: Answer
    /// The writer of the value that was read or replaced; 0 if there was none.
    var witness: UInt64 = 0
    /// That value, where the wire keeps values.
    var value: [UInt8]?
}

/// What came from a peer is none of its protocol: the connection is of no use any more.
struct WireFailure: Error, Equatable, CustomStringConvertible {
    let description: String
}

/// The bytes between a client and a peer: no I/O.
///
/// A call that a lost connection left without an answer is *forgotten* if it is a write: it may be
/// done, and as a peer knows no sessions it cannot be repeated. A read failed.
protocol PeerWire: Sendable {
    /// A new connection: nothing is under way.
    mutating func begin()

    mutating func append(_ call: PeerCall, to output: inout [UInt8])

    /// The calls that leave together are complete.
    mutating func endBatch(to output: inout [UInt8])

    /// Takes complete replies from the front of what was received.
    mutating func take(from input: inout [UInt8]) throws(WireFailure) -> [PeerReply]

    /// The connection is lost.
    ///
    /// - Returns: what that means for each call that was under way.
    mutating func abandon() -> [PeerReply]
}

extension PeerReply {
    /// What a lost connection means.
    static func lost(_ number: UInt64, isRead: Bool) -> PeerReply {
        PeerReply(number: number, isRead: isRead, answer: isRead ? .refused : .forgotten)
    }
}
