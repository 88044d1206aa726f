import TestSupport
import Testing

@testable import Bench

@Suite struct `What Redis answers` {
    private let values = Values(keys: 4, valueBytes: 16)

    private func read(_ text: String) throws -> RESP? {
        try Array(text.utf8).withUnsafeBytes { try RESP.read($0, from: 0)?.reply }
    }

    @Test func `is read to its end`() throws {
        #expect(try read("+PONG\r\n") == .simple(1..<5))
        #expect(try read("-LOADING it\r\n") == .error(1..<11))
        #expect(try read(":-2\r\n") == .integer(-2))
        #expect(try read("$-1\r\n") == .bulk(nil))
        #expect(try read("$3\r\na\rb\r\n") == .bulk(4..<7))
        #expect(try read("$0\r\n\r\n") == .bulk(4..<4))
    }

    @Test(arguments: ["+PONG\r\n", ":12\r\n", "$5\r\nabcde\r\n", "$-1\r\n", "-ERR x\r\n"])
    func `is waited for while it is not complete`(_ whole: String) throws {
        let bytes = Array(whole.utf8)
        for count in bytes.indices {
            #expect(try read(String(decoding: bytes[..<count], as: UTF8.self)) == nil)
        }
        #expect(try read(whole) != nil)
    }

    @Test(arguments: [
        "*1\r\n", "hello", ":\r\n", ":9223372036854775808\r\n", "$-2\r\n", "$1048577\r\n",
        "$99999999999999999999\r\n", "$1\r\nab\r\n", "+a\rb\r\n",
        "+" + String(repeating: "a", count: 5000),
    ])
    func `is refused if no more bytes could complete it`(_ text: String) {
        #expect(throws: WireFailure.self) { try read(text) }
    }

    @Test func `never stops the reader, whatever the bytes are`() {
        var random = SeededGenerator(seed: 7)
        let alphabet = Array("+-:$*0123456789\r\n\r\nab".utf8)
        for _ in 0..<20_000 {
            let bytes = (0..<random.next() % 40).map { _ in
                random.oneIn(8)
                    ? UInt8(truncatingIfNeeded: random.next())
                    : alphabet[Int(random.next() % UInt64(alphabet.count))]
            }
            bytes.withUnsafeBytes { bytes in
                guard let (reply, next) = try? RESP.read(bytes, from: 0) else { return }
                #expect(next <= bytes.count && next > 2)
                if case .bulk(let range?) = reply { #expect(range.upperBound + 2 == next) }
            }
        }
    }

    @Test func `settles calls in the order in which they left`() throws {
        var wire = RedisWire(values)
        var output: [UInt8] = []
        wire.append(PeerCall(number: 1, key: "k", value: "v"), to: &output)
        wire.append(PeerCall(number: 9, key: "k"), to: &output)
        wire.append(PeerCall(number: 2, key: "k", value: "w"), to: &output)
        wire.endBatch(to: &output)
        let set = "*4\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n$3\r\nGET\r\n"
        #expect(String(decoding: output, as: UTF8.self).hasPrefix(set + "*2\r\n$3\r\nGET\r\n"))
        var input = Array("$-1\r\n$16\r\n00000000000000ff\r\n-READONLY no\r\n$1".utf8)
        #expect(
            try wire.take(from: &input) == [
                PeerReply(number: 1, isRead: false, answer: .done),
                PeerReply(number: 9, isRead: true, answer: .done, witness: 255),
                PeerReply(number: 2, isRead: false, answer: .refused),
            ])
        #expect(input == Array("$1".utf8))
    }

    @Test func `is refused if nobody asked for it, or for something else`() {
        var wire = RedisWire(values)
        var input = Array("$-1\r\n".utf8)
        #expect(throws: WireFailure.self) { try wire.take(from: &input) }
        var output: [UInt8] = []
        wire.append(PeerCall(number: 1, key: "k"), to: &output)
        input = Array("+OK\r\n".utf8)
        #expect(throws: WireFailure.self) { try wire.take(from: &input) }
    }

    @Test(arguments: [(1, Answer.done), (0, .forgotten)])
    func `counts for a write only once a replica has it`(
        _ replicas: Int, _ answer: Answer
    ) throws {
        var wire = RedisWire(values, replicas: 1)
        var output: [UInt8] = []
        for number in 1...2 {
            wire.append(PeerCall(number: UInt64(number), key: "k", value: "v"), to: &output)
        }
        wire.endBatch(to: &output)
        #expect(String(decoding: output, as: UTF8.self).contains("WAIT\r\n$1\r\n1\r\n$4\r\n1000"))
        var input = Array("$-1\r\n$-1\r\n".utf8)
        #expect(try wire.take(from: &input) == [])
        input = Array(":\(replicas)\r\n".utf8)
        let replies = try wire.take(from: &input)
        #expect(replies.map(\.number) == [1, 2])
        #expect(replies.allSatisfy { $0.answer == answer })
    }

    @Test func `that never came leaves writes in doubt, also those that wait for replicas`() throws
    {
        var wire = RedisWire(values, replicas: 1)
        var output: [UInt8] = []
        wire.append(PeerCall(number: 1, key: "k", value: "v"), to: &output)
        wire.append(PeerCall(number: 2, key: "k", value: "v"), to: &output)
        wire.append(PeerCall(number: 5, key: "k"), to: &output)
        wire.endBatch(to: &output)
        var input = Array("$-1\r\n".utf8)
        _ = try wire.take(from: &input)
        #expect(
            wire.abandon() == [
                .lost(1, isRead: false), .lost(2, isRead: false), .lost(5, isRead: true),
            ])
        #expect(PeerReply.lost(1, isRead: false).answer == .forgotten)
        #expect(PeerReply.lost(1, isRead: true).answer == .refused)
        #expect(wire.abandon() == [])
    }
}
