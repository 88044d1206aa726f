public import ADO
internal import CMultiPaxos
internal import CMultiPaxosLMDB
internal import CMultiPaxosUV
internal import Synchronization

extension Node {
    /// Reads the snapshot that a server has of an object, without pulling or changing anything.
    ///
    /// It is in memory as a whole, so that one of more than `sizeMax` bytes is refused.
    ///
    /// - Returns: The state, and the index of the last entry that it holds; nil if the server has
    ///   no snapshot of the object, or took a newer one meanwhile.
    /// - Throws: ``NodeError`` with code `tooLarge`; `corrupt` where the bytes are no snapshot of
    ///   this object, or have another checksum than the server gave; where it does not answer,
    ///   `closed`.
    public func snapshot<Object: AtomicObject>(
        of object: ObjectName, as type: Object.Type, from server: UInt64, sizeMax: Int = 64 << 20
    ) async throws(NodeError) -> (index: UInt64, state: Object)? {
        let replica = try await replica(of: object, as: type, from: server, sizeMax: sizeMax)
        return replica.map { ($0.lastIndex, $0.object) }
    }

    /// The same, with what the object remembers of its clients.
    package func replica<Object: AtomicObject>(
        of object: ObjectName, as type: Object.Type, from server: UInt64, sizeMax: Int = 64 << 20
    ) async throws(NodeError) -> ObjectReplica<Object>? {
        let group = object.group
        let described = Mutex(LentBytes())
        let manifest = try await core.fetchSnapshot(group, from: server) { bytes in
            described.withLock { $0.append(bytes) }
        }
        guard let manifest else { return nil }
        guard manifest.commit <= sizeMax else { throw NodeError(MP_TOO_BIG) }
        let lent = Mutex(LentBytes())
        var next: UInt32 = 0
        while true {
            let part = try await core.fetchSnapshot(group, from: server, manifest, chunk: next) {
                chunk in lent.withLock { $0.append(chunk) }
            }
            guard let part else { return nil }
            next = UInt32(clamping: part.last)
            if part.last >= part.commit { break }
        }
        let whole = lent.withLock { $0 }
        let isWhole = described.withLock { $0.checksum } == whole.hash
        let replica = whole.bytes.withUnsafeBytes { bytes in
            StateSnapshot.replica(in: bytes, of: object, as: type)
        }
        guard isWhole, let replica, replica.lastIndex == manifest.last else {
            throw NodeError(MP_CORRUPT)
        }
        return replica
    }
}

/// What a server gave so far: of a snapshot, or of its description.
private struct LentBytes {
    private(set) var bytes: [UInt8] = []
    /// As the checksum of a snapshot, over its chunks in order.
    private(set) var hash: UInt64 = 0

    mutating func append(_ chunk: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: chunk)
        let start = chunk.baseAddress?.assumingMemoryBound(to: UInt8.self)
        hash = mp_lmdb_chunk_hash(hash, start, UInt32(chunk.count))
    }

    /// The checksum in a description, which the driver passes on whole: digest, then checksum.
    var checksum: UInt64? {
        guard bytes.count == 16 else { return nil }
        return bytes[8...].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension NodeCore {
    /// Asks one question about a snapshot; nil if the server has no such snapshot.
    fileprivate func fetchSnapshot(
        _ group: UInt64, from server: UInt64, _ manifest: FetchEnd? = nil, chunk: UInt32 = 0,
        onChunk: @escaping @Sendable (UnsafeRawBufferPointer) -> Void = { _ in }
    ) async throws(NodeError) -> FetchEnd? {
        let token = waiting.tokens()
        let result: Result<FetchEnd, NodeError> = await withCheckedContinuation { continuation in
            waiting.add(
                token, Waiting.Fetch(onChunk: onChunk) { continuation.resume(returning: $0) })
            let status = order { raw in
                mp_uv_node_fetch_snapshot(
                    raw, server, group, manifest?.last ?? 0, manifest?.commit ?? 0, chunk, token)
            }
            guard status != MP_OK else { return }
            waiting.takeFetch(token)?.onEnd(.failure(NodeError(status)))
        }
        do throws(NodeError) {
            return try result.get()
        } catch {
            guard error.code == .unknownObject else { throw error }
            return nil
        }
    }
}
