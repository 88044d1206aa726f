import ADO
import ADOObjects
import TestSupport
import Testing

@testable import MultiPaxos

@Suite struct `An object on a node` {
    private let value = String(repeating: "v", count: 300_000)
    private let count = 300

    /// A session is opened, a large value is set, and it is asked for again and again.
    private var block: [UInt8] {
        var writer = Writer()
        writer.openEntry(session: 1)
        for number in 1..<UInt64(count - 1) {
            let header = CallHeader(
                session: 1, request: number, lowest: number, operation: .method)
            let method = number == 1 ? KeyValue.Method.set("key", to: value) : .get("key")
            writer.methodEntry(header, method)
        }
        writer.entry(.barrier)
        return writer.bytes
    }

    private func apply(_ block: [UInt8], answer: Bool) -> (ObjectHost, Writer) {
        let host = HostedType.host(ObjectReplica<KeyValue>())
        var results = Writer()
        block.withUnsafeBytes {
            host.apply(EntrySlices($0, count: count, first: 1), answer: answer, &results)
        }
        return (host, results)
    }

    @Test func `answers as much of a batch as is held at once, and the rest as unknown`() {
        let (host, results) = apply(block, answer: true)
        #expect(host.applied == UInt64(count))
        let sliceMax = EntrySlices.countMax * value.utf8.count
        #expect(results.count < ObjectHost.resultBytesMax + sliceMax)
        let replies = Reply.records(results.bytes, count: count, first: 1)
        let answered = replies.filter { $0.outcome == .ok }
        #expect(answered.count > (ObjectHost.resultBytesMax - sliceMax) / value.utf8.count)
        #expect(Set(replies.map(\.outcome)) == [.ok, .unknown])
        #expect(answered.dropFirst(2).first?.payload == Optional(value).encoded())
    }

    @Test func `comes to the same whether somebody waits for its answers or nobody does`() {
        let (host, _) = apply(block, answer: true)
        let (silent, results) = apply(block, answer: false)
        #expect(results.count == 0)
        #expect(host.results?.digest == silent.results?.digest)
    }
}
