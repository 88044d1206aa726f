public import ADO
internal import CMultiPaxos
internal import CMultiPaxosUV

extension Node {
    /// Reads committed frames of an object from one server, about `bytes` of them.
    ///
    /// The first one is the frame that holds `index`. `onFrame` runs on the loop thread and must
    /// not block. With `waits`, a server that knows of none answers once it does, or with none
    /// after five election timeouts.
    ///
    /// - Returns: Where it ended; if that is not the commit index, fetch on from there.
    /// - Throws: ``NodeError`` with code `unknownObject`; `trimmed` where that server's log begins
    ///   later; where the server does not answer, `closed`.
    @discardableResult
    public func fetch(
        _ object: ObjectName, from server: UInt64, at index: UInt64 = 1, bytes: Int = 1 << 20,
        waits: Bool = false, onFrame: @escaping @Sendable (borrowing LogFrame) -> Void
    ) async throws(NodeError) -> FetchEnd {
        let end = try await core.fetchEnd(
            object.group, from: server, at: index, bytes: bytes, waits: waits, onFrame: onFrame)
        if end.isTrimmed { throw NodeError(MP_TRIMMED) }
        return end
    }

    /// Reads every committed frame of an object from one server, in order.
    ///
    /// - Returns: The last index read, which is that server's commit index.
    /// - Throws: ``NodeError`` as `fetch(_:from:at:bytes:onFrame:)` does.
    @discardableResult
    public func fetchAll(
        _ object: ObjectName, from server: UInt64, at index: UInt64 = 1,
        onFrame: @escaping @Sendable (borrowing LogFrame) -> Void
    ) async throws(NodeError) -> UInt64 {
        var next = index
        while true {
            let end = try await fetch(object, from: server, at: next, onFrame: onFrame)
            guard end.last >= next, end.last < end.commit else { return end.last }
            next = end.last + 1
        }
    }
}

extension NodeCore {
    /// Fetches, but says by its end where a log begins that was trimmed.
    func fetchEnd(
        _ group: UInt64, from server: UInt64, at index: UInt64, bytes: Int, waits: Bool,
        onFrame: @escaping @Sendable (borrowing LogFrame) -> Void
    ) async throws(NodeError) -> FetchEnd {
        let token = waiting.tokens()
        let result: Result<FetchEnd, NodeError> = await withCheckedContinuation { continuation in
            waiting.add(
                token, Waiting.Fetch(onFrame: onFrame) { continuation.resume(returning: $0) })
            let status = order { raw in
                mp_uv_node_fetch(raw, server, group, index, UInt64(max(bytes, 1)), waits, token)
            }
            guard status != MP_OK else { return }
            waiting.takeFetch(token)?.onEnd(.failure(NodeError(status)))
        }
        return try result.get()
    }
}
