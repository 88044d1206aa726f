internal import ADO

/// A call on its way to a server.
struct CallRequest {
    let caller: Int
    /// Tells the answer to this attempt from late answers to earlier ones.
    let attempt: Int
    let group: UInt64
    let header: CallHeader
    /// The encoded method; empty when settling.
    let method: [UInt8]
    let isRead: Bool
    let opens: Bool
    var hops = 0
}

/// What a server answers.
struct CallReply {
    let attempt: Int
    let outcome: ReplyOutcome
    let payload: [UInt8]
}

/// A thing that happens to a call.
enum CallStep {
    /// A caller begins its next call.
    case think(Int)
    case arrive(CallRequest, at: UInt64)
    case reply(CallReply, to: Int)
    /// A caller has waited long enough for an attempt.
    case expire(Int, attempt: Int)

    /// The server that it happens to.
    var server: UInt64? {
        if case .arrive(_, let server) = self { return server }
        return nil
    }
}
