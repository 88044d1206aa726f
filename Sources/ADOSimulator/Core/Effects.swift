internal import CMultiPaxos

/// The effects of the last step.
///
/// C arrays come as tuples: these views make them collections.
struct Effects {
    let raw: UnsafePointer<mp_effects>

    // Looked up once: this is done in every step.
    private static let writesOffset = offset(of: \mp_effects.writes)
    private static let sendsOffset = offset(of: \mp_effects.sends)
    private static let outcomesOffset = offset(of: \mp_effects.outcomes)

    private static func offset(of array: PartialKeyPath<mp_effects>) -> Int {
        guard let offset = MemoryLayout<mp_effects>.offset(of: array) else {
            preconditionFailure("C arrays are stored")
        }
        return offset
    }

    private func view<Element>(
        at offset: Int, as type: Element.Type, count: UInt32
    ) -> UnsafeBufferPointer<Element> {
        let start = UnsafeRawPointer(raw).advanced(by: offset).assumingMemoryBound(to: type)
        return UnsafeBufferPointer(start: start, count: Int(count))
    }

    var writes: UnsafeBufferPointer<mp_write> {
        view(at: Self.writesOffset, as: mp_write.self, count: raw.pointee.write_count)
    }

    var sends: UnsafeBufferPointer<mp_send> {
        view(at: Self.sendsOffset, as: mp_send.self, count: raw.pointee.send_count)
    }

    var outcomes: UnsafeBufferPointer<mp_outcome> {
        view(at: Self.outcomesOffset, as: mp_outcome.self, count: raw.pointee.outcome_count)
    }

    /// True if the step asks for nothing but to be woken.
    var isEmpty: Bool {
        raw.pointee.drop_from == 0 && raw.pointee.drop_through == 0
            && raw.pointee.append.first == 0 && raw.pointee.write_count == 0
            && raw.pointee.send_count == 0 && raw.pointee.serve.to == 0
            && raw.pointee.commit_from == 0 && raw.pointee.outcome_count == 0
    }
}
