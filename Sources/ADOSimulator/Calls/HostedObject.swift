internal import ADO
internal import ADOObjects
internal import CMultiPaxos

/// An object as one server has it: the product's own replica, applied to committed batches.
class HostedObject {
    /// The requests that the last batch carried out, and did not answer from memory.
    fileprivate(set) var ran: [(request: Request, index: UInt64)] = []

    /// How many methods ran, if that is counted.
    var runs: UInt64 { 0 }

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
        group % 2 == 0 ? CountedObject<Counter>() : CountedObject<KeyValue>()
    }
}

/// A hosted object that sees which of its requests are carried out.
final class CountedObject<Object: AtomicObject>: Hosted<Counted<Object>> {
    override var runs: UInt64 { replica.object.runs }
}

class Hosted<Object: AtomicObject>: HostedObject {
    private(set) var replica = ObjectReplica<Object>()
    private var results = Writer()
    private var encoding = Writer()

    override func apply(_ frame: Frame) -> [CallModel.Record] {
        results.removeAll()
        ran = []
        var offset = MP_BATCH_HEADER_SIZE
        var entry = mp_entry()
        var batch = frame.batch
        let bytes = UnsafeRawBufferPointer(frame.bytes)
        for number in 0..<frame.batch.count {
            let start = Int(offset)
            guard mp_batch_next(&batch, &offset, &entry) else { break }
            let before = runs
            let index = frame.batch.first + UInt64(number)
            replica.apply(
                block: UnsafeRawBufferPointer(rebasing: bytes[start..<Int(offset)]), count: 1,
                first: index, results: &results)
            if runs != before { noteRun(entry, index) }
        }
        return results.withUnsafeBytes { bytes in
            var reader = Reader(bytes)
            return (0..<frame.batch.count).map { _ in Self.record(&reader) }
        }
    }

    private func noteRun(_ entry: mp_entry, _ index: UInt64) {
        let payload = UnsafeRawBufferPointer(start: entry.payload, count: Int(entry.size))
        var reader = Reader(payload)
        guard let header = try? CallHeader.readSkippingOrigin(&reader) else { return }
        ran.append((Request(session: header.session, number: header.request), index))
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
