internal import ADO
internal import ADOObjects
internal import CMultiPaxos

/// An object as one server has it: the product's own replica, applied to committed batches.
class HostedObject {
    func apply(_ frame: Frame) -> [CallModel.Record] { [] }
    func read(_ method: [UInt8]) -> CallModel.Record { CallModel.Record(outcome: .unhosted) }
    var digest: UInt64 { 0 }
    /// The object and its sessions, encoded.
    var state: [UInt8] { [] }
    /// Takes over an encoded state; false if it is none.
    func restore(_ state: [UInt8]) -> Bool { false }
    /// Forgets the sessions; for a plant.
    func forgetSessions() {}

    static func make(group: UInt64) -> HostedObject {
        group % 2 == 0 ? Hosted<Counter>() : Hosted<KeyValue>()
    }
}

final class Hosted<Object: AtomicObject>: HostedObject {
    private(set) var replica = ObjectReplica<Object>()
    private var results = Writer()
    private var encoding = Writer()

    override func apply(_ frame: Frame) -> [CallModel.Record] {
        results.removeAll()
        let entries = UnsafeRawBufferPointer(
            rebasing: UnsafeRawBufferPointer(frame.bytes).dropFirst(Int(MP_BATCH_HEADER_SIZE)))
        replica.apply(
            block: entries, count: Int(frame.batch.count), first: frame.batch.first,
            results: &results)
        return results.withUnsafeBytes { bytes in
            var reader = Reader(bytes)
            return (0..<frame.batch.count).map { _ in Self.record(&reader) }
        }
    }

    override func read(_ method: [UInt8]) -> CallModel.Record {
        results.removeAll()
        method.withUnsafeBytes { replica.read($0, result: &results) }
        return results.withUnsafeBytes { bytes in
            var reader = Reader(bytes)
            return Self.record(&reader)
        }
    }

    override var digest: UInt64 {
        encoding.removeAll()
        replica.write(to: &encoding)
        return encoding.withUnsafeBytes { mp_hash($0.baseAddress, $0.count) }
    }

    override var state: [UInt8] { replica.encoded() }

    override func forgetSessions() {
        let sessions = replica.sessions.encoded()
        let bytes = replica.encoded()
        let starts = bytes.indices.dropLast(sessions.count - 1)
        guard let start = starts.first(where: { bytes[$0...].starts(with: sessions) }) else {
            return
        }
        let end = start + sessions.count
        _ = restore(bytes[..<start] + SessionTable().encoded() + bytes[end...])
    }

    override func restore(_ state: [UInt8]) -> Bool {
        guard let decoded = try? ObjectReplica<Object>.decoded(from: state) else { return false }
        replica = decoded
        return true
    }

    private static func record(_ reader: inout Reader) -> CallModel.Record {
        do {
            let size = try reader.u32()
            let outcome = ReplyOutcome(rawValue: try reader.u32()) ?? .rejected
            return CallModel.Record(outcome: outcome, payload: Array(try reader.raw(Int(size))))
        } catch {
            return CallModel.Record(outcome: .rejected)
        }
    }
}
