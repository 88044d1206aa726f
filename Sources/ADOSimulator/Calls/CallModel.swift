internal import ADO
internal import ADOObjects
internal import CMultiPaxos

/// What sessions and objects must do, written down once more and as simply as possible.
///
/// It is fed with the committed log, and says what each entry must have been answered. Nothing of
/// the product's session table is in it, so that both would have to err in the same way.
struct CallModel {
    struct Record: Equatable {
        let outcome: ReplyOutcome
        var payload: [UInt8] = []
    }

    private struct Session {
        var lowest: UInt64 = 1
        var answers: [UInt64: Record] = [:]
        /// The entry that used it last.
        var used: Int
    }

    /// Of an object; beyond that the one that was used longest ago is evicted, for good.
    private static let sessionsMax = 4096
    private var evicted: [UInt64: Session] = [:]

    private let isCounter: Bool
    private var sessions: [UInt64: Session] = [:]
    private var values: [String: String] = [:]
    private var sum = 0
    private var isRemoved = false
    /// What each entry was answered, from index 1; nil for entries that are no calls.
    private(set) var records: [Record?] = []

    init(group: UInt64) { isCounter = group % 2 == 0 }

    var lastIndex: UInt64 { UInt64(records.count) }

    mutating func apply(_ frame: Frame) {
        var offset = MP_BATCH_HEADER_SIZE
        var entry = mp_entry()
        var view = frame.batch
        while mp_batch_next(&view, &offset, &entry) {
            let payload = UnsafeRawBufferPointer(start: entry.payload, count: Int(entry.size))
            records.append(entry.kind == EntryKind.call.rawValue ? call(payload) : nil)
        }
    }

    /// What a request came to, if it was carried out.
    func answer(_ session: UInt64, _ request: UInt64) -> Record? {
        (sessions[session] ?? evicted[session])?.answers[request]
    }

    private mutating func call(_ payload: UnsafeRawBufferPointer) -> Record {
        var reader = Reader(payload)
        guard let header = try? CallHeader.readSkippingOrigin(&reader) else {
            return Record(outcome: .rejected)
        }
        if header.operation == .open { return open(header.session, declaring: reader.rest) }
        let isExistence = header.operation == .create || header.operation == .remove
        if isExistence, !reader.rest.isEmpty { return Record(outcome: .rejected) }
        let numbers = UInt64(1)..<(1 << 62)
        guard numbers.contains(header.request), header.lowest < numbers.upperBound else {
            return Record(outcome: .rejected)
        }
        guard var session = sessions[header.session] else { return Record(outcome: .noSession) }
        session.lowest = max(session.lowest, header.lowest)
        session.used = records.count
        sessions[header.session] = session
        if header.request < session.lowest { return Record(outcome: .forgotten) }
        if let known = session.answers[header.request] { return known }
        let record = carryOut(header.operation, reader)
        if record.outcome != .rejected { keep(record, header) }
        return record
    }

    /// A session remembers a window of requests that ends with the highest one.
    private mutating func keep(_ record: Record, _ header: CallHeader) {
        sessions[header.session]?.answers[header.request] = record
        guard header.request > Self.window else { return }
        let lowest = sessions[header.session]?.lowest ?? 0
        sessions[header.session]?.lowest = max(lowest, header.request - Self.window + 1)
    }

    private static let window: UInt64 = 8192

    /// A session may declare signatures, which mean nothing to the types that are simulated.
    private mutating func open(
        _ session: UInt64, declaring texts: UnsafeRawBufferPointer
    ) -> Record {
        let isReadable = texts.isEmpty || (try? [String].decoded(from: Array(texts))) != nil
        if session == 0 || !isReadable { return Record(outcome: .rejected) }
        if evicted[session] != nil { return Record(outcome: .noSession) }
        if sessions[session] == nil, sessions.count == Self.sessionsMax { evict() }
        sessions[session, default: Session(used: 0)].used = records.count
        return Record(outcome: .ok)
    }

    private mutating func evict() {
        guard let oldest = sessions.min(by: { $0.value.used < $1.value.used }) else { return }
        sessions[oldest.key] = nil
        evicted[oldest.key] = oldest.value
    }

    private mutating func carryOut(_ operation: CallOperation, _ reader: Reader) -> Record {
        switch operation {
        case .settle: return Record(outcome: .cancelled)
        case .create, .remove: return changeExistence(removes: operation == .remove)
        case .open, .method:
            return isRemoved ? Record(outcome: .removed) : run(reader)
        }
    }

    private mutating func changeExistence(removes: Bool) -> Record {
        let changes = removes != isRemoved
        if changes {
            values = [:]
            sum = 0
        }
        isRemoved = removes
        return Record(outcome: .ok, payload: [changes ? 1 : 0])
    }

    private mutating func run(_ reader: Reader) -> Record {
        let bytes = Array(reader.rest)
        if isCounter {
            guard let method = try? Counter.Method.decoded(from: bytes) else {
                return Record(outcome: .rejected)
            }
            if case .add(let number) = method { sum += number }
            return Record(outcome: .ok, payload: sum.encoded())
        }
        guard let method = try? KeyValue.Method.decoded(from: bytes) else {
            return Record(outcome: .rejected)
        }
        switch method {
        case .set(let key, let value):
            return Record(outcome: .ok, payload: values.updateValue(value, forKey: key).encoded())
        case .remove(let key):
            return Record(outcome: .ok, payload: values.removeValue(forKey: key).encoded())
        case .get(let key): return Record(outcome: .ok, payload: values[key].encoded())
        case .count: return Record(outcome: .ok, payload: values.count.encoded())
        case .meta(let key):
            let meta = values[key].map { KeyValue.Meta(size: $0.utf8.count) }
            return Record(outcome: .ok, payload: meta.encoded())
        }
    }
}
