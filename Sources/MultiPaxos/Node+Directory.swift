internal import CMultiPaxos
internal import CMultiPaxosLMDB

/// What an operator does to a voting directory while no server uses it.
extension Node {
    /// Reads all that a directory holds, and says in one sentence each what is damaged.
    ///
    /// Nothing is repaired. It reads every byte once.
    ///
    /// - Throws: ``NodeError`` where the directory cannot be opened, or its tree cannot be read.
    public static func verify(directory: String) throws(NodeError) -> [String] {
        let storage = try OpenDirectory(directory)
        let complaints = Complaints()
        try storage.order { raw, error in
            mp_lmdb_verify_all(raw, Complaints.add, complaints.context, &error)
        }
        return complaints.list
    }

    /// What became of a repair.
    public struct Repair: Hashable, Sendable {
        /// Records and batches that were stored again.
        public var repaired: UInt64
        /// What still is damaged, in one sentence each.
        public var remaining: [String]
    }

    /// Restores what a directory holds twice, and from `source` each damaged batch that it has.
    ///
    /// A batch is taken only if it is, by its checksum, the very one that is damaged. So the source
    /// may be any copy or any other server's directory of the same cluster, of any age: nothing
    /// that was promised or acknowledged changes.
    ///
    /// - Throws: ``NodeError`` where a directory cannot be opened, or the disk fails or is full;
    ///   what was repaired before that stays.
    public static func repair(
        directory: String, from source: String? = nil
    ) throws(NodeError) -> Repair {
        let storage = try OpenDirectory(directory)
        var copy: OpenDirectory?
        if let source { copy = try OpenDirectory(source) }
        if let copy, copy.cluster != storage.cluster {
            throw NodeError(
                .foreignDirectory,
                "\(source ?? "") is of cluster '\(copy.cluster)' and \(directory) of cluster "
                    + "'\(storage.cluster)'; give a copy of the same cluster")
        }
        let complaints = Complaints()
        var repaired: UInt64 = 0
        try storage.order { raw, error in
            mp_lmdb_restore(
                raw, copy?.raw, Complaints.add, complaints.context, &repaired, &error)
        }
        return Repair(repaired: repaired, remaining: complaints.list)
    }
}

/// A voting directory of whichever node, open and locked as long as this lives.
private final class OpenDirectory {
    let raw: OpaquePointer

    init(_ path: String) throws(NodeError) {
        var error = mp_lmdb_error()
        var opened: OpaquePointer?
        let status = path.withCString { path in
            var options = mp_lmdb_options()
            options.path = path
            options.any_node = true
            return mp_lmdb_open(&options, &opened, &error)
        }
        guard status == MP_OK, let opened else { throw NodeError(status, error) }
        raw = opened
    }

    deinit { mp_lmdb_close(raw) }

    var cluster: String {
        var record = mp_lmdb_identity_record()
        mp_lmdb_identity(raw, &record)
        return withUnsafeBytes(of: record.cluster) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    func order(
        _ body: (OpaquePointer, inout mp_lmdb_error) -> mp_status
    ) throws(NodeError) {
        var error = mp_lmdb_error()
        let status = body(raw, &error)
        guard status == MP_OK else { throw NodeError(status, error) }
    }
}

/// Gathers the sentences of what is damaged.
private final class Complaints {
    private(set) var list: [String] = []

    var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    static let add: mp_lmdb_on_damage = { context, _, error in
        guard let context, let error else { return false }
        let complaints = Unmanaged<Complaints>.fromOpaque(context).takeUnretainedValue()
        complaints.list.append(NodeError(MP_CORRUPT, error.pointee).message)
        return true
    }
}
