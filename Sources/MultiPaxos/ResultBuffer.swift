internal import ADO
internal import CMultiPaxosUV

/// Result records on their way to the driver, in memory that stays where it is until they left.
///
/// A writer's array may move whenever it is touched, so the finished records are copied once per
/// batch to memory of their own; that is what the driver gets lent until the next callback.
struct ResultBuffer: ~Copyable {
    var writer = Writer()
    private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)

    deinit { memory.deallocate() }

    mutating func removeAll() {
        writer.removeAll(keepingCapacity: true)
    }

    /// Appends a record without a payload.
    mutating func append(_ outcome: ReplyOutcome) { writer.append(outcome) }

    /// Appends a record.
    mutating func append(_ outcome: ReplyOutcome, _ value: some BinaryCodable) {
        let start = writer.count
        writer.u32(0)
        writer.u32(outcome.rawValue)
        value.write(to: &writer)
        writer.patchU32(UInt32(writer.count - start - 8), at: start)
    }

    mutating func appendUnhosted(_ count: Int) {
        for _ in 0..<count { append(.unhosted) }
    }

    /// The records, valid until this is called again.
    mutating func lend() -> mp_uv_results {
        let size = writer.count
        if memory.count < size {
            memory.deallocate()
            memory = .allocate(byteCount: size * 2, alignment: 8)
        }
        writer.withUnsafeBytes { memory.copyMemory(from: $0) }
        let bytes = memory.baseAddress?.assumingMemoryBound(to: UInt8.self)
        return mp_uv_results(bytes: bytes, size: UInt32(size))
    }
}

extension Writer {
    /// Appends a record without a payload.
    mutating func append(_ outcome: ReplyOutcome) {
        u32(0)
        u32(outcome.rawValue)
    }
}
