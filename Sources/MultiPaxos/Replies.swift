public import ADO
internal import CMultiPaxosUV

/// Many answers at once, lent to a callback of a ``Pipeline``.
public struct Replies: ~Copyable {
    private let raw: UnsafeBufferPointer<mp_uv_reply>

    init(_ raw: UnsafeBufferPointer<mp_uv_reply>) {
        self.raw = raw
    }

    /// The number of answers.
    public var count: Int { raw.count }

    /// The answer at a position from 0 on.
    public subscript(position: Int) -> PipelineReply {
        PipelineReply(raw[position])
    }
}

/// The answer to one call or read of a pipeline.
public struct PipelineReply {
    /// The number of the request, or of the read.
    public let number: UInt64
    /// Whether it answers a read.
    public let isRead: Bool
    /// What became of it.
    public let outcome: ReplyOutcome
    /// The entry's place in the log; for a read, the last index it has seen.
    public let index: UInt64
    /// The encoded result or error, valid as long as the callback runs.
    public let payload: UnsafeRawBufferPointer

    fileprivate init(_ raw: mp_uv_reply) {
        number = raw.token & RouteTable.numberMask
        isRead = raw.token & RouteTable.readBit != 0
        outcome = ReplyOutcome(raw.outcome)
        index = raw.index
        payload = UnsafeRawBufferPointer(start: raw.payload, count: Int(raw.size))
    }

    /// Whether it is settled what became of the call: done, or never to be done by this request.
    var isFinal: Bool {
        switch outcome {
        case .ok, .thrown, .cancelled, .forgotten, .rejected, .removed: true
        default: false
        }
    }
}
