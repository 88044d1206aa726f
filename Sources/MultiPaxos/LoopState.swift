internal import ADO
internal import CMultiPaxos

/// What only the loop thread touches: the state of every hosted object.
///
/// Unchecked: the callbacks run one at a time on the loop thread, and nobody else gets at this.
final class LoopState: @unchecked Sendable {
    let types: TypeRegistry
    /// Objects whose type is registered, by group.
    private(set) var hosts: [UInt64: ObjectHost] = [:]
    /// Objects whose type is not registered (yet).
    private var unhosted: [UInt64: Backlog] = [:]
    private var backlogBytes = 0
    /// Type and name of each group that was seen or pulled here.
    private(set) var names: [UInt64: ObjectName] = [:]
    /// Adopted batches of a pull that is not over.
    private var inherited: [UInt64: [EntryBlock]] = [:]
    var results = ResultBuffer()
    /// What is known of which object's digests, for comparison with other nodes.
    var comparisons = Comparisons()

    init(types: TypeRegistry) {
        self.types = types
    }

    /// Lets go of every object.
    func release() {
        hosts = [:]
        unhosted = [:]
        inherited = [:]
        names = [:]
        comparisons = Comparisons()
    }
}

// MARK: - The log

extension LoopState {
    /// Applies a committed batch, and leaves one result record per entry in `results` if somebody
    /// waits for them.
    func apply(_ batch: mp_batch, answer: Bool) {
        results.removeAll()
        guard let host = host(for: batch) else {
            keep(batch)
            results.appendUnhosted(Int(batch.count))
            return
        }
        apply(batch, host, answer: answer, &results.writer)
    }

    private func apply(
        _ batch: mp_batch, _ host: ObjectHost, answer: Bool, _ records: inout Writer
    ) {
        comparisons.makeRoom(in: host, for: Int(batch.count))
        host.apply(batch, answer: answer, &records)
        comparisons.applied(batch, host)
    }

    /// Answers a read and leaves one result record in `results`.
    func read(_ group: UInt64, _ payload: UnsafeRawBufferPointer) {
        results.removeAll()
        guard let host = hosts[group] ?? adopt(group) else {
            results.appendUnhosted(1)
            return
        }
        host.read(payload, &results.writer)
    }

    func inherit(_ batch: mp_batch) {
        let block = EntryBlock(
            first: batch.first, count: Int(batch.count), bytes: Array(batch.block))
        inherited[batch.group, default: []].append(block)
    }

    func takeInherited(_ group: UInt64) -> [EntryBlock] {
        inherited.removeValue(forKey: group) ?? []
    }
}

// MARK: - Hosts

extension LoopState {
    /// The host of an object that this node itself pulled; `nil` if it cannot have one.
    func host(_ name: ObjectName, _ group: UInt64) -> ObjectHost? {
        names[group] = name
        return hosts[group] ?? adopt(group)
    }

    private func host(for batch: mp_batch) -> ObjectHost? {
        if let host = hosts[batch.group] { return host }
        if batch.first == 1, let name = ObjectName(firstOf: batch) { names[batch.group] = name }
        return adopt(batch.group)
    }

    /// Makes the host of a group whose type is registered by now, and replays what it missed.
    private func adopt(_ group: UInt64) -> ObjectHost? {
        guard let name = names[group], let type = types.find(name.type) else { return nil }
        let backlog = unhosted[group] ?? Backlog()
        guard backlog.isComplete else { return nil }

        guard let host = begin(type, backlog) else { return nil }
        var scratch = Writer()
        for frame in backlog.frames {
            scratch.removeAll()
            frame.withBatch { apply($0, host, answer: false, &scratch) }
        }
        backlogBytes -= backlog.bytes
        unhosted[group] = nil
        hosts[group] = host
        return host
    }

    /// The host before the first batch of a backlog; `nil` if its snapshot is not of the type.
    private func begin(_ type: HostedType, _ backlog: Backlog) -> ObjectHost? {
        guard let snapshot = backlog.snapshot else { return type.make() }
        return snapshot.decode(as: type).map { host($0, snapshot) }
    }

    /// Puts the state of a snapshot in the place of what is there.
    ///
    /// Without a host, because the type is not registered, it is kept as a log would be.
    func restore(
        _ name: ObjectName, _ group: UInt64, _ snapshot: StateSnapshot, _ make: HostedType.Make?
    ) {
        names[group] = name
        let before = unhosted.removeValue(forKey: group)
        backlogBytes -= before?.bytes ?? 0
        if let host = hosts.removeValue(forKey: group) { comparisons.forget(host) }
        if let make {
            let host = host(make, snapshot)
            hosts[group] = host
            comparisons.mark(host, of: group)
            return
        }
        let backlog = Backlog(snapshot, room: Backlog.bytesMax - backlogBytes)
        backlogBytes += backlog.bytes
        unhosted[group] = backlog
    }

    private func host(_ make: HostedType.Make, _ snapshot: StateSnapshot) -> ObjectHost {
        let host = make()
        host.results = snapshot.resultsDigest.map { digest in
            DigestChain(after: snapshot.index, digest: digest)
        }
        return host
    }

    private func keep(_ batch: mp_batch) {
        var backlog = unhosted.removeValue(forKey: batch.group) ?? Backlog()
        backlogBytes -= backlog.bytes
        backlog.add(batch, room: Backlog.bytesMax - backlogBytes)
        backlogBytes += backlog.bytes
        unhosted[batch.group] = backlog
    }
}
