import ADO

/// Operations that an owner invoked on its branch and pushes together.
struct OwnBatch: Sendable {
    /// What invoking an operation brought.
    struct Invoked: Sendable {
        var request: UInt64
        var answer: Answer
        var witness: UInt64
    }

    /// Bytes that one push carries, unless one operation alone is larger.
    static var bytesMax: Int { 512 << 10 }

    /// The entries as they are pushed.
    fileprivate(set) var bytes: [UInt8] = []
    /// How many entries: the operations, and before the first one that which opens the session.
    fileprivate(set) var count = 0
    fileprivate(set) var operations: [Invoked] = []

    /// Where an operation is in the log, if the batch ends at the index `last`.
    func index(at position: Int, through last: UInt64) -> UInt64 {
        last - UInt64(operations.count - 1 - position)
    }
}

/// The branch of an owner that pushes in bulk: the replica that a handle keeps, with the request
/// numbers of a closed loop, so that the log can be compared with them.
struct OwnBranch<Object: LoadedObject>: Sendable {
    let session: UInt64
    private var replica: ObjectReplica<Object>

    /// A branch right after what was pulled; nil if the object is not new.
    init?(_ pulled: Pulled<Object>, session: UInt64) {
        guard pulled.inherited.isEmpty, !pulled.committed.sessions.isOpen(session),
            pulled.tip >= pulled.committed.lastIndex
        else { return nil }
        self.session = session
        replica = pulled.committed
        replica.skip(to: pulled.tip)
    }

    /// Invokes up to `limit` operations, as many as `loop` has room for.
    mutating func invoke(
        _ limit: Int, _ loop: inout OperationLoop, _ values: Values, now: UInt64
    ) -> OwnBatch {
        var batch = OwnBatch()
        let wanted = min(limit, loop.room)
        guard wanted > 0 else { return batch }
        let size = wanted * (values.valueBytes + 64)
        var writer = Writer(capacity: min(size, 2 * OwnBatch.bytesMax))
        var extra = 0
        if !replica.sessions.isOpen(session) {
            writer.openEntry(session: session)
            extra = 1
        }
        batch.operations.reserveCapacity(wanted)
        // One operation always fits, and what is above the bound stays for the next batch.
        let full = max(1, OwnBatch.bytesMax - values.valueBytes - 64)
        while batch.operations.count < wanted, batch.operations.isEmpty || writer.count < full {
            let request = loop.openWrite(now: now)
            let header = CallHeader(
                session: session, request: request, lowest: loop.lowestOpen, operation: .method)
            let id = Values.id(client: 0, request: request)
            writer.methodEntry(header, Object.write(id, values))
            batch.operations.append(
                OwnBatch.Invoked(request: request, answer: .rejected, witness: 0))
        }
        batch.bytes = writer.bytes
        batch.count = batch.operations.count + extra
        apply(&batch, skipping: extra, values)
        return batch
    }

    private mutating func apply(_ batch: inout OwnBatch, skipping extra: Int, _ values: Values) {
        var results = Writer(capacity: batch.count * 128)
        let first = replica.lastIndex + 1
        batch.bytes.withUnsafeBytes {
            replica.apply(block: $0, count: batch.count, first: first, results: &results)
        }
        results.withUnsafeBytes { bytes in
            var offset = 0
            for position in 0..<batch.count {
                let size = Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                let kind = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
                let start = offset + Entries.headSize
                offset = start + size
                guard position >= extra else { continue }
                let answer = Answer(ReplyOutcome(rawValue: kind) ?? .unknown)
                batch.operations[position - extra].answer = answer
                guard answer == .done else { continue }
                batch.operations[position - extra].witness = Object.witness(
                    UnsafeRawBufferPointer(rebasing: bytes[start..<offset]), values)
            }
        }
    }
}
