import TestSupport
import Testing

@testable import Bench

@Suite struct `What the speaker for etcd answers` {
    private let values = Values(keys: 4, valueBytes: 16)

    private func answer(_ outcome: UInt8, _ id: UInt64, _ value: String?) -> [UInt8] {
        let text = Array((value ?? "").utf8)
        let length = withUnsafeBytes(of: UInt32(10 + text.count).littleEndian) { Array($0) }
        let number = withUnsafeBytes(of: id.littleEndian) { Array($0) }
        return length + [outcome] + number + [value == nil ? 0 : 1] + text
    }

    private func opened() -> EtcdWire {
        var wire = EtcdWire(values)
        var output: [UInt8] = []
        wire.append(PeerCall(number: 1, key: "k", value: "v"), to: &output)
        wire.append(PeerCall(number: 1, key: "k"), to: &output)
        wire.endBatch(to: &output)
        return wire
    }

    @Test func `settles calls in any order`() throws {
        var wire = opened()
        var input = answer(0, 3, "00000000000000ff") + answer(2, 2, nil) + [9]
        #expect(
            try wire.take(from: &input) == [
                PeerReply(number: 1, isRead: true, answer: .done, witness: 255),
                PeerReply(number: 1, isRead: false, answer: .forgotten),
            ])
        #expect(input == [9])
    }

    @Test func `is waited for while it is not complete`() throws {
        let whole = answer(0, 2, "00000000000000ff")
        for count in whole.indices {
            #expect(try EtcdWire.answer(Array(whole[..<count]), from: 0) == nil)
        }
    }

    @Test func `is refused if it is to nothing, or nonsense`() {
        let long = withUnsafeBytes(of: UInt32(EtcdWire.frameMax + 1).littleEndian) { Array($0) }
        for bytes in [answer(0, 8, nil), answer(3, 2, nil), long, [1, 0, 0, 0, 0]] {
            var wire = opened()
            var input = bytes
            #expect(throws: WireFailure.self) { try wire.take(from: &input) }
        }
    }

    @Test func `never stops the reader, whatever the bytes are`() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<20_000 {
            var bytes = random.bytes(Int(random.next() % 40))
            if bytes.count > 3, !random.oneIn(4) {
                bytes[0] &= 31
                bytes.replaceSubrange(1...3, with: [0, 0, 0])
            }
            guard let frame = try? EtcdWire.answer(bytes, from: 0) else { continue }
            #expect(frame.next <= bytes.count)
        }
    }

    @Test func `that never came leaves a write in doubt and fails a read`() {
        var wire = opened()
        #expect(
            wire.abandon().sorted { !$0.isRead && $1.isRead } == [
                .lost(1, isRead: false), .lost(1, isRead: true),
            ])
    }
}
