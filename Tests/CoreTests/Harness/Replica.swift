import CMultiPaxos

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One replica of the core in memory of its own, with room for the effects of a step.
final class Replica {
    let raw: OpaquePointer
    private let memory: UnsafeMutableRawPointer
    private let buffer: UnsafeMutablePointer<mp_effects>

    init(_ options: mp_options) {
        var options = options
        let size = mp_replica_size(&options)
        memory = .allocate(byteCount: size, alignment: 16)
        // Memory is whatever it was: the replica must not rely on zeros.
        memset(memory, 0xA5, size)
        buffer = .allocate(capacity: 1)
        var replica: OpaquePointer?
        let status = mp_replica_init(memory, size, &options, &replica)
        guard status == MP_OK, let replica else {
            preconditionFailure("the options of a test are in range, not \(status)")
        }
        raw = replica
    }

    deinit {
        memory.deallocate()
        buffer.deallocate()
    }

    /// Steps and checks every invariant; the effects stay readable until the next step.
    func step(_ event: inout mp_event) -> mp_status {
        memset(buffer, 0xA5, MemoryLayout<mp_effects>.size)
        let status = mp_replica_step(raw, &event, buffer)
        mp_replica_check(raw)
        return status
    }

    var effects: Effects { Effects(raw: UnsafePointer(buffer)) }

    var digest: UInt64 { mp_replica_digest(raw) }

    func view(_ group: UInt64) -> mp_group_view? {
        var view = mp_group_view()
        return mp_replica_group(raw, group, &view) ? view : nil
    }

    func identity(_ group: UInt64, at index: UInt64) -> mp_identity? {
        var identity = mp_identity()
        return mp_replica_identity(raw, group, index, &identity) ? identity : nil
    }
}

/// The effects of the last step.
///
/// C arrays come as tuples: these views make them collections.
struct Effects {
    let raw: UnsafePointer<mp_effects>

    private func view<Element>(
        _ array: PartialKeyPath<mp_effects>, as type: Element.Type, count: UInt32
    ) -> UnsafeBufferPointer<Element> {
        guard let offset = MemoryLayout<mp_effects>.offset(of: array) else {
            preconditionFailure("C arrays are stored")
        }
        let start = UnsafeRawPointer(raw).advanced(by: offset).assumingMemoryBound(to: type)
        return UnsafeBufferPointer(start: start, count: Int(count))
    }

    var writes: UnsafeBufferPointer<mp_write> {
        view(\mp_effects.writes, as: mp_write.self, count: raw.pointee.write_count)
    }

    var sends: UnsafeBufferPointer<mp_send> {
        view(\mp_effects.sends, as: mp_send.self, count: raw.pointee.send_count)
    }

    var outcomes: UnsafeBufferPointer<mp_outcome> {
        view(\mp_effects.outcomes, as: mp_outcome.self, count: raw.pointee.outcome_count)
    }

    /// True if the step asks for nothing but to be woken.
    var isEmpty: Bool {
        let effects = raw.pointee
        return effects.drop_from == 0 && effects.drop_through == 0 && effects.append.first == 0
            && effects.write_count == 0 && effects.send_count == 0 && effects.serve.to == 0
            && effects.commit_from == 0 && effects.outcome_count == 0
    }
}
