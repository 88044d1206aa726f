internal import ADO
internal import CMultiPaxos

extension ObjectName {
    /// The hash of the description, which names the object's log.
    var group: UInt64 {
        description.withUnsafeBytes { mp_hash($0.baseAddress, $0.count) }
    }

    /// Reads the first entry of the first batch of a log; `nil` if it names no object.
    init?(firstOf batch: mp_batch) {
        var batch = batch
        var offset = MP_BATCH_HEADER_SIZE
        var entry = mp_entry()
        guard mp_batch_next(&batch, &offset, &entry), entry.kind == MP_ENTRY_CREATE.rawValue
        else { return nil }
        self.init(description: UnsafeBufferPointer(start: entry.payload, count: Int(entry.size)))
        guard group == batch.group else { return nil }
    }

    private init?(description: UnsafeBufferPointer<UInt8>) {
        guard description.count <= Self.sizeMax + 1,
            let zero = description.firstIndex(of: 0),
            let type = String(validating: description[..<zero], as: UTF8.self),
            let name = String(validating: description[(zero + 1)...], as: UTF8.self),
            !name.utf8.contains(0)
        else { return nil }
        self.init(type: type, name: name)
    }
}
