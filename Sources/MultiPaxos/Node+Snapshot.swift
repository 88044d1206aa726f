public import ADO
internal import CMultiPaxos
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
    ///   this object; where the server does not answer, `closed`.
    public func snapshot<Object: AtomicObject>(
        of object: ObjectName, as type: Object.Type, from server: UInt64, sizeMax: Int = 64 << 20
    ) async throws(NodeError) -> (index: UInt64, state: Object)? {
        let group = object.group
        guard let manifest = try await core.fetchSnapshot(group, from: server) else { return nil }
        guard manifest.commit <= sizeMax else { throw NodeError(MP_TOO_BIG) }
        let bytes = Mutex<[UInt8]>([])
        var next: UInt32 = 0
        while true {
            let part = try await core.fetchSnapshot(
                group, from: server, manifest, chunk: next
            ) { chunk in bytes.withLock { $0.append(contentsOf: chunk) } }
            guard let part else { return nil }
            next = UInt32(clamping: part.last)
            if part.last >= part.commit { break }
        }
        let whole = bytes.withLock { $0 }
        let replica = whole.withUnsafeBytes { bytes in
            StateSnapshot.replica(in: bytes, of: object, as: type)
        }
        guard let replica, replica.lastIndex == manifest.last else { throw NodeError(MP_CORRUPT) }
        return (manifest.last, replica.object)
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
