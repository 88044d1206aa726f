import ADO
import ADOObjects
import MultiPaxos
import Synchronization
import TestSupport

/// The committed log of the keys, as one server has it.
struct CommittedLog: Equatable {
    /// A request of a session.
    struct Identity: Hashable {
        let session: UInt64
        let request: UInt64
    }

    /// The checksum of each batch, which covers those before it, by the batch's last index.
    private(set) var checksums: [UInt64: UInt64] = [:]

    /// The requests that set a key: one for each time it was asked for, however often the request
    /// itself is repeated in the log.
    private(set) var requests: [String: Set<Identity>] = [:]

    /// Something in the log is no entry, or no call of this object.
    struct Unreadable: Error {}

    /// Reads all of it.
    ///
    /// What is committed may rest on the disks of the others, and not yet on this one: a slow disk
    /// is waited for.
    static func read(
        of object: ObjectName, from node: UInt64, _ client: Cluster
    ) async throws -> CommittedLog {
        try await poll(for: "the log of node \(node) is on its disk") {
            guard let status = try await client.patientStatus(of: object, on: node) else {
                return nil
            }
            let log = try await readStored(of: object, from: node, client)
            return log.last >= status.commit ? log : nil
        }
    }

    /// The index of the last entry.
    private var last: UInt64 { checksums.keys.max() ?? 0 }

    private static func readStored(
        of object: ObjectName, from node: UInt64, _ client: Cluster
    ) async throws -> CommittedLog {
        let frames = Mutex<[(last: UInt64, checksum: UInt64, entries: [UInt8])]>([])
        try await client.client.fetchAll(object, from: node) { frame in
            let copy = (frame.last, frame.checksum, [UInt8](frame.entries))
            frames.withLock { $0.append(copy) }
        }
        var log = CommittedLog()
        for frame in frames.withLock({ $0 }) {
            log.checksums[frame.last] = frame.checksum
            try log.take(entries: frame.entries[...])
        }
        return log
    }

    /// Takes the entries of a block: the size and the kind of each, and its payload.
    mutating func take(entries: ArraySlice<UInt8>) throws {
        var rest = entries
        while !rest.isEmpty {
            guard rest.count >= Entries.headSize else { throw Unreadable() }
            let size = Int(rest.uint32(at: 0))
            let kind = EntryKind(rawValue: rest.uint32(at: 4))
            rest = rest.dropFirst(Entries.headSize)
            guard rest.count >= size else { throw Unreadable() }
            if kind == .call { try take(call: [UInt8](rest.prefix(size))) }
            rest = rest.dropFirst(size)
        }
    }

    private mutating func take(call: [UInt8]) throws {
        guard call.count >= CallHeader.size else { throw Unreadable() }
        let (header, method) = try Reader.read(call) { reader throws(DecodingFailure) in
            let header = try CallHeader.readSkippingOrigin(&reader)
            let isMethod = header.operation == .method
            let method = isMethod ? try KeyValue.Method.read(from: &reader) : nil
            if !isMethod { _ = try reader.raw(reader.remaining) }
            return (header, method)
        }
        guard case .set(let key, _) = method else { return }
        let identity = Identity(session: header.session, request: header.request)
        requests[key, default: []].insert(identity)
    }

    /// What is wrong with it, given what clients were told: nothing that was acknowledged is
    /// missing, or was asked for more than once.
    func complaints(_ acknowledged: some Sequence<String>) -> [String] {
        acknowledged.sorted().compactMap { key in
            let count = requests[key]?.count ?? 0
            return count == 1 ? nil : "\(key) was set by \(count) requests"
        }
    }
}
