internal import ADO
internal import CMultiPaxosUV

/// The bytes of a snapshot of one object: its type and name, its sessions, its state.
///
/// They come from the driver, and are released with the last reference.
final class StateSnapshot: Sendable {
    /// The last entry that it holds.
    let index: UInt64
    private let digest: UInt64
    /// Finished: nobody writes to it any more.
    private nonisolated(unsafe) let spool: OpaquePointer

    init(_ spool: OpaquePointer, index: UInt64, digest: UInt64) {
        self.spool = spool
        self.index = index
        self.digest = digest
    }

    deinit { mp_uv_spool_free(spool) }

    var count: Int { Int(mp_uv_spool_size(spool)) }

    private var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: mp_uv_spool_bytes(spool), count: count)
    }

    /// The digest of the results of the log so far; nil if it was made as version 1 made them, by
    /// batches, which compares with none of an entry.
    var resultsDigest: UInt64? { count > 0 && bytes[0] == Self.version ? digest : nil }

    private static let version: UInt8 = 2

    static func write(
        _ name: ObjectName, hasDigest: Bool, to writer: inout Writer,
        _ writeState: (inout Writer) -> Void
    ) {
        writer.u8(hasDigest ? version : 1)
        writer.string(name.type)
        writer.string(name.name)
        writeState(&writer)
    }

    /// What object it is of; `nil` if the bytes are none.
    var name: ObjectName? { Self.name(in: bytes) }

    /// What object the snapshot is of that begins with these bytes; `nil` if none does.
    static func name(in bytes: UnsafeRawBufferPointer) -> ObjectName? {
        var reader = Reader(bytes)
        return try? readName(&reader)
    }

    /// Decodes the state; `nil` if the bytes are none of this type, or as of another entry.
    func decode(as type: HostedType) -> HostedType.Make? {
        var reader = Reader(bytes)
        do throws(DecodingFailure) {
            _ = try Self.readName(&reader)
            let decoded = try type.decode(&reader)
            try reader.finish()
            return decoded.lastIndex == index ? decoded.make : nil
        } catch {
            return nil
        }
    }

    /// Decodes the state in the bytes of a whole snapshot; `nil` if they are none of the object.
    static func replica<Object: AtomicObject>(
        in bytes: UnsafeRawBufferPointer, of object: ObjectName, as type: Object.Type
    ) -> ObjectReplica<Object>? {
        var reader = Reader(bytes)
        do throws(DecodingFailure) {
            guard try readName(&reader) == object else { return nil }
            let replica = try ObjectReplica<Object>.read(from: &reader)
            try reader.finish()
            return replica
        } catch {
            return nil
        }
    }

    private static func readName(_ reader: inout Reader) throws(DecodingFailure) -> ObjectName {
        guard (1...version).contains(try reader.u8()) else { throw .malformed }
        return try .read(from: &reader)
    }
}
