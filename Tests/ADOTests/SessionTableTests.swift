import TestSupport
import Testing

@testable import ADO

private let small = SessionLimits(sessions: 3, results: 4, bytes: 64, totalBytes: 150, evicted: 2)

extension SessionTable {
    /// Does what a replica does with a request: its outcome, and whether its method had to run.
    fileprivate mutating func run(
        _ session: UInt64, _ request: UInt64, lowest: UInt64 = 0, result: [UInt8] = [1]
    ) -> (reply: Reply, ran: Bool) {
        var results = Writer()
        let header = CallHeader(
            session: session, request: request, lowest: lowest, operation: .method)
        let position = admit(header, results: &results)
        guard position < 0 else {
            result.withUnsafeBytes {
                store(request, at: position, outcome: .ok, payload: $0)
            }
            return (Reply(.ok, payload: result), true)
        }
        return (Reply.records(results.bytes, count: 1, first: 0)[0], false)
    }

    fileprivate mutating func settle(_ session: UInt64, _ request: UInt64) -> Reply {
        var results = Writer()
        let header = CallHeader(session: session, request: request, lowest: 0, operation: .settle)
        settle(header, results: &results)
        return Reply.records(results.bytes, count: 1, first: 0)[0]
    }
}

@Suite struct `A session table` {
    @Test func `runs a request once and answers its duplicates`() {
        var table = SessionTable()
        #expect(table.open(7) == .ok)
        #expect(table.run(7, 1, result: [5, 6]).ran)
        let again = table.run(7, 1, result: [9])
        #expect(!again.ran)
        #expect(again.reply == Reply(.ok, payload: [5, 6]))
    }

    @Test func `opens a session twice as once`() {
        var table = SessionTable()
        #expect(table.open(7) == .ok)
        _ = table.run(7, 1)
        #expect(table.open(7) == .ok)
        #expect(!table.run(7, 1).ran)
        #expect(table.count == 1)
        #expect(table.open(0) == .rejected)
    }

    @Test func `refuses an unknown session`() {
        var table = SessionTable()
        #expect(table.run(7, 1).reply.outcome == .noSession)
        #expect(table.settle(7, 1).outcome == .noSession)
    }

    @Test func `takes requests in any order`() {
        var table = SessionTable()
        _ = table.open(7)
        #expect(table.run(7, 3, result: [3]).ran)
        #expect(table.run(7, 1, result: [1]).ran)
        #expect(table.run(7, 3).reply.payload == [3])
        #expect(table.run(7, 1).reply.payload == [1])
        #expect(table.run(7, 2, result: [2]).ran)
    }

    @Test func `settles what was done by its result`() {
        var table = SessionTable()
        _ = table.open(7)
        _ = table.run(7, 1, result: [5])
        #expect(table.settle(7, 1) == Reply(.ok, payload: [5]))
    }

    @Test func `settles what was not done by refusing it for ever`() {
        var table = SessionTable()
        _ = table.open(7)
        #expect(table.settle(7, 2).outcome == .cancelled)
        #expect(table.run(7, 2).reply.outcome == .cancelled)
        #expect(table.settle(7, 2).outcome == .cancelled)
        #expect(table.run(7, 1).ran)
    }

    @Test func `forgets results below the lowest unacknowledged`() {
        var table = SessionTable()
        _ = table.open(7)
        for request: UInt64 in 1...3 { _ = table.run(7, request) }
        #expect(table.run(7, 4, lowest: 3).ran)
        #expect(table.run(7, 2).reply.outcome == .forgotten)
        #expect(table.settle(7, 2).outcome == .forgotten)
        #expect(!table.run(7, 3).ran)
        #expect(table.isStored(Request(session: 7, number: 3)))
        #expect(!table.isStored(Request(session: 7, number: 2)))
    }

    @Test func `gives up the oldest results beyond their number`() {
        var table = SessionTable(limits: small)
        _ = table.open(7)
        for request: UInt64 in 1...5 { _ = table.run(7, request) }
        #expect(table.run(7, 1).reply.outcome == .forgotten)
        #expect(table.run(7, 2).reply.outcome == .ok)
    }

    @Test func `gives up the oldest results beyond their bytes`() {
        var table = SessionTable(limits: small)
        _ = table.open(7)
        for request: UInt64 in 1...3 {
            _ = table.run(7, request, result: Array(repeating: 0, count: 30))
        }
        #expect(table.run(7, 1).reply.outcome == .forgotten)
        #expect(table.run(7, 2).reply.payload.count == 30)
        #expect(table.run(7, 4, result: Array(repeating: 0, count: 65)).ran)
        #expect(table.run(7, 4).reply.outcome == .forgotten)
    }

    /// At the second place the bytes have been moved once before they go.
    @Test(arguments: [[61], [101, 151]])
    func `keeps an empty result when it has given up all that had bytes`(
        lowest: [UInt64]
    ) throws {
        var table = SessionTable()
        _ = table.open(7)
        let result = [UInt8](repeating: 1, count: 100)
        let empty = try #require(lowest.last)
        for request in 1..<empty { _ = table.run(7, request, result: result) }
        #expect(table.run(7, empty, result: []).ran)
        for (number, lowest) in lowest.enumerated() {
            let next = empty + UInt64(number) + 1
            #expect(table.run(7, next, lowest: lowest, result: []).ran)
        }
        let again = table.run(7, empty)
        #expect(!again.ran)
        #expect(again.reply == Reply(.ok, payload: []))
        #expect(try SessionTable.decoded(from: table.encoded()) == table)
    }

    @Test func `survives a request number far ahead`() {
        var table = SessionTable()
        _ = table.open(7)
        #expect(table.run(7, SessionTable.requestMax - 1).ran)
        #expect(table.run(7, 1).reply.outcome == .forgotten)
        #expect(table.run(7, SessionTable.requestMax).reply.outcome == .rejected)
        #expect(table.run(7, 0).reply.outcome == .rejected)
        #expect(table.run(7, 1, lowest: .max).reply.outcome == .rejected)
    }

    @Test func `evicts the session that was used longest ago`() {
        var table = SessionTable(limits: small)
        for session: UInt64 in 1...3 { _ = table.open(session) }
        _ = table.run(1, 1)
        #expect(table.open(4) == .ok)
        #expect(!table.isOpen(2))
        #expect(table.isOpen(1))
        #expect(table.run(2, 1).reply.outcome == .noSession)
    }

    @Test func `evicts sessions when all results together are too many bytes`() {
        var table = SessionTable(limits: small)
        for session: UInt64 in 1...3 {
            _ = table.open(session)
            _ = table.run(session, 1, result: Array(repeating: 0, count: 60))
        }
        #expect(!table.isOpen(1))
        #expect(table.isOpen(2))
        #expect(table.isOpen(3))
    }

    @Test func `does not reopen a session that was evicted lately`() {
        var table = SessionTable(limits: small)
        for session: UInt64 in 1...4 { _ = table.open(session) }
        #expect(table.open(1) == .noSession)
        for session: UInt64 in 5...6 { _ = table.open(session) }
        // Two ids are remembered here: those of sessions 2 and 3.
        #expect(table.open(3) == .noSession)
        #expect(table.open(1) == .ok)
    }

    @Test func `survives its encoding, and no part of that passes for it`() throws {
        let table = randomTable(seed: 3, steps: 400)
        let bytes = table.encoded()
        var reader = try SessionTable.read(bytes, limits: small)
        #expect(reader == table)
        for length in 0..<bytes.count {
            #expect(throws: DecodingFailure.self) {
                try SessionTable.read(Array(bytes[..<length]), limits: small)
            }
        }
        // What was read goes on like what was written.
        var original = table
        for step in 0..<50 {
            let session = UInt64(step % 5 + 1)
            #expect(original.open(session) == reader.open(session))
            #expect(original.run(session, 400).reply == reader.run(session, 400).reply)
        }
        #expect(reader == original)
    }

    @Test func `survives its encoding after the last request of all`() throws {
        var table = SessionTable(limits: small)
        _ = table.open(7)
        let last = SessionTable.requestMax - 1
        #expect(table.run(7, last, result: [UInt8](repeating: 1, count: small.bytes + 1)).ran)
        #expect(try SessionTable.read(table.encoded(), limits: small) == table)
    }

    @Test func `never crashes on bytes that are no table`() {
        var random = SeededGenerator(seed: 11)
        let bytes = randomTable(seed: 5, steps: 60).encoded()
        for _ in 0..<1000 {
            var changed = bytes
            for _ in 0...random.next(upperBound: 3 as UInt64) {
                changed[Int.random(in: changed.indices, using: &random)] = UInt8(
                    truncatingIfNeeded: random.next())
            }
            guard var table = try? SessionTable.read(changed, limits: small) else { continue }
            #expect(table.encoded() == changed)
            _ = table.open(99)
            _ = table.run(99, 1)
        }
    }

    @Test func `keeps within its bounds whatever is asked of it`() {
        var random = SeededGenerator(seed: 17)
        var table = SessionTable(limits: small)
        for _ in 0..<5000 {
            step(&table, &random)
            #expect(table.count <= small.sessions)
        }
        #expect(throws: Never.self) { try SessionTable.read(table.encoded(), limits: small) }
    }

    @Test func `answers for everything that its client has not acknowledged`() throws {
        var random = SeededGenerator(seed: 23)
        var table = SessionTable()
        _ = table.open(7)
        var told: [UInt64: [UInt8]] = [:]
        var lowest: UInt64 = 1
        for request: UInt64 in 1...4000 {
            let size = random.oneIn(3) ? 0 : Int(random.next(upperBound: 300 as UInt64))
            told[request] = random.bytes(size)
            if random.oneIn(8) { lowest += random.next(upperBound: request - lowest + 1) }
            #expect(table.run(7, request, lowest: lowest, result: told[request] ?? []).ran)
            let earlier = lowest + random.next(upperBound: request - lowest + 1)
            let again = table.run(7, earlier)
            #expect(!again.ran && again.reply == Reply(.ok, payload: told[earlier] ?? []))
            guard request % 100 == 0 else { continue }
            #expect(try SessionTable.decoded(from: table.encoded()) == table)
        }
    }

    private func randomTable(seed: UInt64, steps: Int) -> SessionTable {
        var random = SeededGenerator(seed: seed)
        var table = SessionTable(limits: small)
        for _ in 0..<steps { step(&table, &random) }
        return table
    }

    private func step(_ table: inout SessionTable, _ random: inout SeededGenerator) {
        let session = random.next(upperBound: 6 as UInt64)
        let request = random.next(upperBound: 12 as UInt64)
        let lowest = random.oneIn(4) ? request : 0
        switch random.next(upperBound: 6 as UInt64) {
        case 0: _ = table.open(session)
        case 1: _ = table.settle(session, request)
        default:
            let size = Int(random.next(upperBound: 40 as UInt64))
            _ = table.run(session, request, lowest: lowest, result: random.bytes(size))
        }
    }
}

extension SessionTable {
    fileprivate static func read(
        _ bytes: [UInt8], limits: SessionLimits
    ) throws(DecodingFailure) -> SessionTable {
        try Reader.read(bytes) { reader throws(DecodingFailure) in
            try read(from: &reader, limits: limits)
        }
    }
}
