internal import ADO
internal import CMultiPaxos
internal import CMultiPaxosUV

// Snapshots are encoded and decoded on Swift's pool; the loop thread only copies a value.

extension NodeCore {
    /// Copies the state of an object, and sees to it that the copy reaches the driver encoded.
    ///
    /// - Returns: Whether the object is hosted here, and follows its log.
    func snapshot(_ group: UInt64) -> Bool {
        guard let host = loop.hosts[group], let name = loop.names[group],
            let encode = host.encoder()
        else { return false }
        let (index, digest) = (host.applied, host.results?.digest)
        Task.detached(priority: .utility) { [self] in
            let bytes = StateSnapshot.encode(name, hasDigest: digest != nil, encode)
            await hand(bytes, of: group, index, digest ?? 0)
        }
        return true
    }

    /// A full inbox empties soon; a node that is closed needs no snapshot.
    private func hand(
        _ bytes: [UInt8], of group: UInt64, _ index: UInt64, _ digest: UInt64
    ) async {
        while true {
            let status = order { raw in
                mp_uv_node_snapshot(raw, group, index, digest, bytes, UInt64(bytes.count))
            }
            guard status == MP_BUSY else { return }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Decodes a snapshot, and puts what it holds in the place of the object's state.
    func restore(_ group: UInt64, _ snapshot: StateSnapshot) {
        Task.detached { [self] in
            let name = snapshot.name
            let isOfGroup = name?.group == group
            let type = name.flatMap { loop.types.find($0.type) }
            let make = type.flatMap { snapshot.decode(as: $0) }
            let isSound = isOfGroup && (type == nil || make != nil)
            await settle(group, snapshot.index, isSound) { [self] in
                guard isSound, let name else { return }
                loop.restore(name, group, snapshot, make)
            }
        }
    }

    /// Changes the state on the loop thread, and tells the driver in the same turn.
    private func settle(
        _ group: UInt64, _ index: UInt64, _ restored: Bool,
        _ change: @escaping @Sendable () -> Void
    ) async {
        while true {
            let status = run { [self] in
                change()
                // Should this one request not fit, the object waits for a restart.
                _ = order { mp_uv_node_restored($0, group, index, restored) }
            }
            guard status == MP_BUSY else { return }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }
}
