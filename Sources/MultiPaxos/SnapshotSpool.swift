internal import ADO
internal import CMultiPaxos
internal import CMultiPaxosLMDB
internal import CMultiPaxosUV
internal import Synchronization

/// Encoded bytes of a snapshot that is being made: in memory while they are few, beyond that in a
/// file without a name.
final class SnapshotSpool: WriterOutlet {
    /// One thread at a time, which the lock sees to, is all that a spool asks for.
    private struct State: @unchecked Sendable {
        /// nil once it was given away.
        var raw: OpaquePointer?
        /// The first thing that failed.
        var failure: String?

        mutating func attempt(
            _ body: (OpaquePointer, UnsafeMutablePointer<mp_lmdb_error>) -> mp_status
        ) {
            guard failure == nil, let raw else { return }
            var error = mp_lmdb_error()
            guard body(raw, &error) != MP_OK else { return }
            failure = withUnsafeBytes(of: error.text) { text in
                String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
            }
        }
    }

    private let state: Mutex<State>

    /// Takes over an empty spool.
    init(_ raw: OpaquePointer) {
        state = Mutex(State(raw: raw))
    }

    deinit {
        state.withLock { mp_uv_spool_free($0.raw) }
    }

    func append(_ bytes: UnsafeRawBufferPointer) {
        let start = bytes.bindMemory(to: UInt8.self).baseAddress
        state.withLock { state in
            state.attempt { mp_uv_spool_append($0, start, UInt64(bytes.count), $1) }
        }
    }

    func patch(_ value: UInt32, at offset: Int) {
        state.withLock { state in
            withUnsafeBytes(of: value.littleEndian) { bytes in
                let start = bytes.bindMemory(to: UInt8.self).baseAddress
                state.attempt { mp_uv_spool_patch($0, UInt64(offset), start, 4, $1) }
            }
        }
    }

    func refuse(_ reason: String) {
        state.withLock { if $0.failure == nil { $0.failure = reason } }
    }

    /// Writes with a writer that holds a piece at a time, and ends the spool.
    ///
    /// - Returns: A sentence about what failed, or `nil`.
    func fill(_ write: (inout Writer) -> Void) -> String? {
        var writer = Writer(outlet: self)
        write(&writer)
        writer.handOnRest()
        return state.withLock { state in
            state.attempt { mp_uv_spool_finish($0, $1) }
            return state.failure
        }
    }

    /// Lends what was filled, `nil` if that failed; it is the callee's from `MP_OK` on.
    func give(_ body: (OpaquePointer?) -> mp_status) -> mp_status {
        state.withLock { state in
            guard state.failure == nil else { return body(nil) }
            let status = body(state.raw)
            if status == MP_OK { state.raw = nil }
            return status
        }
    }

    /// Calls `body` with all bytes of a spool that was filled and not taken.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        state.withLock { state in
            let size = Int(mp_uv_spool_size(state.raw))
            return body(UnsafeRawBufferPointer(start: mp_uv_spool_bytes(state.raw), count: size))
        }
    }
}

extension NodeCore {
    /// A spool where this node keeps such; `nil` once it is closed.
    func makeSpool() -> SnapshotSpool? {
        var spool: SnapshotSpool?
        _ = order { raw in
            spool = mp_uv_node_spool_new(raw).map { SnapshotSpool($0) }
            return MP_OK
        }
        return spool
    }
}
