import ADO
import TestSupport
import Testing

/// A log of random entries: calls, duplicates, settlements, and what no client would write.
private struct RandomLog {
    var entries: [[UInt8]] = []

    init(seed: UInt64, count: Int) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<count { entries.append(Self.entry(&random)) }
    }

    private static func entry(_ random: inout SeededGenerator) -> [UInt8] {
        var writer = Writer()
        let session = random.next(upperBound: 4 as UInt64)
        let header = CallHeader(
            session: session, request: random.next(upperBound: 40 as UInt64),
            lowest: random.next(upperBound: 20 as UInt64), operation: .method)
        switch random.next(upperBound: 13 as UInt64) {
        case 0: writer.openEntry(session: session)
        case 1: writer.entry(.barrier)
        case 2: writer.entry(.create) { $0.raw(ObjectName(type: "Queue", name: "q").description) }
        case 3:
            let settle = CallHeader(
                session: session, request: header.request, lowest: 0, operation: .settle)
            writer.entry(.call) { settle.write(to: &$0) }
        case 4:
            let noise = random.bytes(Int(random.next(upperBound: 40 as UInt64)))
            writer.entry(.call) { $0.raw(noise) }
        case 5:
            writer.entry(.read) { $0.raw(Queue.Method.dequeue.encoded()) }
        case 6, 7:
            writer.methodEntry(header, Queue.Method.dequeue)
        case 8:
            let removes = random.next(upperBound: 3 as UInt64) == 0
            let change = CallHeader(
                session: session, request: header.request, lowest: 0,
                operation: removes ? .remove : .create)
            writer.entry(.call) { change.write(to: &$0) }
        default:
            let number = Int(random.next(upperBound: 100 as UInt64))
            writer.methodEntry(header, Queue.Method.enqueue(number))
        }
        return writer.bytes
    }

    /// Applies the log in blocks of the sizes that `size` gives.
    func applied(size: () -> Int) -> (replica: ObjectReplica<Queue>, results: [UInt8]) {
        var replica = ObjectReplica<Queue>()
        var results = Writer()
        var next = 0
        while next < entries.count {
            let end = min(entries.count, next + size())
            Array(entries[next..<end].joined()).withUnsafeBytes { block in
                replica.apply(
                    block: block, count: end - next, first: UInt64(next + 1), results: &results)
            }
            next = end
        }
        return (replica, results.bytes)
    }
}

@Suite struct `A replica of an object` {
    @Test(arguments: 1...20)
    func `is the same however the log is cut`(seed: UInt64) {
        let log = RandomLog(seed: seed, count: 300)
        var random = SeededGenerator(seed: seed)
        let whole = log.applied { 300 }
        let single = log.applied { 1 }
        let cut = log.applied { 1 + Int(random.next(upperBound: 30 as UInt64)) }
        #expect(whole.results == single.results)
        #expect(whole.results == cut.results)
        #expect(whole.replica == single.replica)
        #expect(whole.replica == cut.replica)
        #expect(whole.replica.encoded() == cut.replica.encoded())
        #expect(whole.replica.lastIndex == 300)
        #expect(Reply.records(whole.results, count: 300, first: 1).count == 300)
    }

    @Test(arguments: 1...5)
    func `goes on from its encoding as if it had never stopped`(seed: UInt64) throws {
        let log = RandomLog(seed: seed, count: 200)
        let whole = log.applied { 200 }
        var prefix = log
        prefix.entries.removeLast(100)
        var replica = try ObjectReplica<Queue>.decoded(
            from: prefix.applied { 100 }.replica.encoded())
        var results = Writer()
        Array(log.entries[100...].joined()).withUnsafeBytes {
            replica.apply(block: $0, count: 100, first: 101, results: &results)
        }
        #expect(replica == whole.replica)
    }

    @Test func `refuses every part of its encoding`() {
        let bytes = RandomLog(seed: 1, count: 100).applied { 100 }.replica.encoded()
        for length in 0..<bytes.count {
            #expect(throws: DecodingFailure.self) {
                try ObjectReplica<Queue>.decoded(from: Array(bytes[..<length]))
            }
        }
    }

    @Test func `answers a method that throws and remembers what it threw`() {
        var writer = Writer()
        writer.openEntry(session: 1)
        for _ in 0..<2 {
            let header = CallHeader(session: 1, request: 1, lowest: 1, operation: .method)
            writer.methodEntry(header, Queue.Method.dequeue)
        }
        let replies = apply(writer.bytes, count: 3).replies
        #expect(replies[1] == Reply(.thrown, index: 2, payload: MethodFailure.emptyQueue.payload))
        #expect(replies[2] == Reply(.thrown, index: 3, payload: MethodFailure.emptyQueue.payload))
    }

    @Test func `rejects what it cannot decode and changes nothing`() {
        var writer = Writer()
        writer.openEntry(session: 1)
        let header = CallHeader(session: 1, request: 1, lowest: 1, operation: .method)
        writer.entry(.call) { writer in
            header.write(to: &writer)
            writer.u8(99)
        }
        writer.entry(.call) { writer in
            header.write(to: &writer)
            Queue.Method.enqueue(1).write(to: &writer)
            writer.u8(0)
        }
        writer.methodEntry(header, Queue.Method.enqueue(5))
        let (replica, replies) = apply(writer.bytes, count: 4)
        #expect(replies.map(\.outcome) == [.ok, .rejected, .rejected, .ok])
        #expect(replica.object.numbers == [5])
    }

    @Test func `answers each entry of a block that is broken off`() {
        var writer = Writer()
        writer.entry(.barrier)
        writer.u32(1000)
        writer.u32(1)
        let (replica, replies) = apply(writer.bytes, count: 3)
        #expect(replies.map(\.outcome) == [.ok, .rejected, .rejected])
        #expect(replica.lastIndex == 3)
    }

    @Test func `never crashes on random bytes`() {
        var random = SeededGenerator(seed: 23)
        for _ in 0..<500 {
            let bytes = random.bytes(Int(random.next(upperBound: 120 as UInt64)))
            #expect(apply(bytes, count: 4).replies.count == 4)
        }
    }

    @Test func `answers reads without changing`() {
        var writer = Writer()
        writer.openEntry(session: 1)
        let header = CallHeader(session: 1, request: 1, lowest: 1, operation: .method)
        writer.methodEntry(header, Queue.Method.enqueue(5))
        let replica = apply(writer.bytes, count: 2).replica
        #expect(read(.contents, from: replica) == Reply(.ok, payload: [5].encoded()))
        #expect(read(.dequeue, from: replica).outcome == .rejected)
        #expect(replica.object.numbers == [5])
    }

    @Test func `refuses an entry out of order`() async {
        await #expect(processExitsWith: .failure) {
            var replica = ObjectReplica<Queue>()
            var results = Writer()
            var writer = Writer()
            writer.entry(.barrier)
            writer.bytes.withUnsafeBytes {
                replica.apply(block: $0, count: 1, first: 2, results: &results)
            }
        }
    }

    private func apply(
        _ bytes: [UInt8], count: Int
    ) -> (replica: ObjectReplica<Queue>, replies: [Reply]) {
        var replica = ObjectReplica<Queue>()
        var results = Writer()
        bytes.withUnsafeBytes {
            replica.apply(block: $0, count: count, first: 1, results: &results)
        }
        return (replica, Reply.records(results.bytes, count: count, first: 1))
    }

    private func read(_ method: Queue.Method, from replica: ObjectReplica<Queue>) -> Reply {
        var results = Writer()
        method.encoded().withUnsafeBytes { replica.read($0, result: &results) }
        return Reply.records(results.bytes, count: 1, first: 0)[0]
    }
}
