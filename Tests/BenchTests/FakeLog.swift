@testable import Bench

/// A generator and a log that agree, built by hand, so that a test can spoil one thing.
struct FakeRun {
    static let session: UInt64 = 0xABCD

    var log: [Entry] = []
    var evidence = Evidence()
    let workload: Workload
    let values: Values

    enum Entry {
        case create
        case barrier
        case open(session: UInt64)
        case call(session: UInt64, request: UInt64, method: [UInt8])
    }

    /// `requests` acknowledged operations of one client, in order, after a create and an open.
    ///
    /// Request n runs from 10 n to 10 n + 15.
    init(_ workload: Workload, requests: Int, preload: Int = 0, timed: UInt64 = .max) {
        self.workload = workload
        values = Values(keys: workload == .counter ? 1 : 5, valueBytes: 20, preload: preload)
        log = [.create, .open(session: Self.session), .barrier]
        var ledger = RequestLedger(timed: timed)
        var writers: [Int: UInt64] = [:]
        for number in 1...UInt64(requests) {
            let request = ledger.open(now: number * 10)
            let id = Values.id(client: 0, request: request)
            log.append(.call(session: Self.session, request: request, method: method(id)))
            let key = values.keyIndex(of: id)
            let witness = workload == .counter ? number : writers[key] ?? 0
            writers[key] = id
            ledger.acknowledge(
                request, index: UInt64(log.count), witness: witness, now: number * 10 + 15)
        }
        evidence.sessions[Self.session] = Evidence.Session(
            client: 0, ledger: ledger, attempts: [:], reads: ReadLedger(most: .max))
    }

    /// The bytes that the tests' reader understands: a key and a value, or nothing for an addition.
    func method(_ id: UInt64) -> [UInt8] {
        guard workload != .counter else { return [] }
        return Array((values.keys[values.keyIndex(of: id)] + "=" + values.value(of: id)).utf8)
    }

    func read(_ bytes: UnsafeRawBufferPointer) -> Written? {
        guard workload != .counter else { return .add(1) }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: "=")
        guard parts.count == 2 else { return nil }
        return .set(key: String(parts[0]), value: String(parts[1]))
    }

    /// The log as one batch.
    func block(_ entries: ArraySlice<Entry>) -> [UInt8] { entries.flatMap(Self.encode) }

    /// The audit of this log, read in batches of at most `size` entries.
    func audit(
        size: Int = 4, plant: PlantedFault? = nil, history: HistoryCheck? = nil
    ) -> LogAudit {
        let workload = workload
        let reader = self
        var audit = LogAudit(
            node: 2, evidence: evidence,
            model: LogModel(
                values: values, read: { workload == .counter ? .add(1) : reader.read($0) }),
            plant: plant, history: history)
        for start in stride(from: 0, to: log.count, by: size) {
            let bytes = block(log[start..<min(start + size, log.count)])
            bytes.withUnsafeBytes { audit.take(first: UInt64(start + 1), block: $0) }
        }
        audit.finish()
        return audit
    }

    private static func encode(_ entry: Entry) -> [UInt8] {
        switch entry {
        case .create: framed(3, Array("type\u{0}name".utf8))
        case .barrier: framed(2, [])
        case .open(let session): framed(1, call(session, 0, 2))
        case .call(let session, let request, let method):
            framed(1, call(session, request, 1) + method)
        }
    }

    private static func framed(_ kind: UInt32, _ payload: [UInt8]) -> [UInt8] {
        little(UInt32(payload.count)) + little(kind) + payload
    }

    private static func call(_ session: UInt64, _ request: UInt64, _ operation: UInt8) -> [UInt8] {
        little(session) + little(request) + little(UInt64(1)) + [operation]
    }

    private static func little(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
