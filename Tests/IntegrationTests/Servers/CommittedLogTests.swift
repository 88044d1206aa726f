import ADO
import ADOObjects
import Testing

@Suite struct `The check of a committed log` {
    private func log(_ writes: [(key: String, request: UInt64)]) throws -> CommittedLog {
        var writer = Writer(capacity: 256)
        writer.entry(.barrier)
        writer.openEntry(session: 7)
        for (key, request) in writes {
            let header = CallHeader(session: 7, request: request, lowest: 1, operation: .method)
            writer.methodEntry(header, KeyValue.Method.set(key, to: "value"))
        }
        var log = CommittedLog()
        try log.take(entries: writer.bytes[...])
        return log
    }

    @Test func `accepts each write once, and others beside`() throws {
        let log = try log([("a", 1), ("b", 2), ("never acknowledged", 3)])
        #expect(log.complaints(["a", "b"]) == [])
    }

    @Test func `accepts a request that is repeated`() throws {
        #expect(try log([("a", 1), ("b", 2), ("a", 1)]).complaints(["a", "b"]) == [])
    }

    @Test func `refuses a log without an acknowledged write`() throws {
        #expect(try log([("a", 1)]).complaints(["a", "b"]) == ["b was set by 0 requests"])
    }

    @Test func `refuses a write that was asked for twice`() throws {
        #expect(try log([("a", 1), ("a", 2)]).complaints(["a"]) == ["a was set by 2 requests"])
    }

    @Test func `refuses bytes that are no entries`() {
        var log = CommittedLog()
        #expect(throws: CommittedLog.Unreadable.self) {
            try log.take(entries: [9, 0, 0, 0, 1, 0, 0, 0, 1, 2])
        }
    }
}
