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
            guard let spool = makeSpool() else { return }
            let failure = spool.fill { writer in
                StateSnapshot.write(name, hasDigest: digest != nil, to: &writer, encode)
            }
            if let failure {
                await complain("object \(name.type)/\(name.name) has no snapshot: \(failure)")
            }
            await hand(spool, of: group, index, digest ?? 0)
        }
        return true
    }

    /// A full inbox empties soon; a node that is closed needs no snapshot.
    private func hand(
        _ spool: SnapshotSpool, of group: UInt64, _ index: UInt64, _ digest: UInt64
    ) async {
        while true {
            let status = spool.give { spool in
                order { mp_uv_node_snapshot($0, group, index, digest, spool) }
            }
            guard status == MP_BUSY else { return }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    private func complain(_ text: String) async {
        while MP_BUSY == run({ [self] in options.onLog?(.error, text) }) {
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

    /// Changes the state on the loop thread, and tells the driver, which applies nothing before.
    private func settle(
        _ group: UInt64, _ index: UInt64, _ restored: Bool,
        _ change: @escaping @Sendable () -> Void
    ) async {
        await insist { run(change) }
        await insist { order { mp_uv_node_restored($0, group, index, restored) } }
    }

    /// Orders again what the inbox has no room for, or what comes before the node has started.
    private func insist(_ order: () -> mp_status) async {
        while order() == MP_BUSY { try? await Task.sleep(for: .milliseconds(10)) }
    }
}
