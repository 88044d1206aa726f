import CMultiPaxos
import Testing

@testable import ADOSimulator

@Suite struct `A network` {
    let packet = Packet(from: 1, to: 2, message: mp_message())

    @Test func `holds back what is clogged until the last clog is gone`() {
        var network = Network(count: 3)
        let line = Fault.Line(from: 0, to: 1)
        let before = network.holds(packet, 0, 1)
        network.clog(line)
        network.clog(line)
        let held = network.holds(packet, 0, 1)
        let other = network.holds(packet, 1, 0)
        #expect(!before && held && !other)
        let early = network.unclog(line)
        let late = network.unclog(line)
        let after = network.holds(packet, 0, 1)
        #expect(early.isEmpty)
        #expect(late.count == 1)
        #expect(!after)
    }

    @Test func `loses what was under way when a connection is reset`() {
        var network = Network(count: 2)
        let line = Fault.Line(from: 0, to: 1)
        network.clog(line)
        let held = network.holds(packet, 0, 1)
        let before = network.epoch(0, 1)
        network.reset(1, 0)
        let left = network.unclog(line)
        #expect(held)
        #expect(network.epoch(0, 1) != before)
        #expect(left.isEmpty)
    }

    @Test func `is cut as long as any fault cuts it`() {
        var network = Network(count: 2)
        let line = Fault.Line(from: 0, to: 1)
        network.cut(line, by: 1)
        network.cut(line, by: 1)
        network.cut(line, by: -1)
        #expect(network.isCut(0, 1))
        #expect(!network.isCut(1, 0))
        network.cut(line, by: -1)
        #expect(!network.isCut(0, 1))
    }

    @Test func `notices damaged bytes of every message`() {
        var random = Random(seed: 1)
        let frame = Frame.sealed(
            [[1, 2, 3], [4]], first: 1, ballot: mp_ballot(1, 1), previous: 0)
        var message = mp_message()
        message.kind = UInt8(MP_MESSAGE_ACCEPT.rawValue)
        message.group = 1
        message.ballot = mp_ballot(1, 1)
        let accept = Packet(from: 1, to: 2, message: message, frame: frame)
        for _ in 0..<2_000 {
            let passes = accept.passesDamaged(.linked, &random)
            #expect(passes == nil)
        }
    }

    @Test func `does not take a codec for sound that misses damage`() {
        var random = Random(seed: 1)
        var trusting = CoreLibrary.linked
        trusting.decode = { _, _, _, _ in MP_OK }
        var message = mp_message()
        message.kind = UInt8(MP_MESSAGE_CONFIRM.rawValue)
        let packet = Packet(from: 1, to: 2, message: message)
        #expect(packet.passesDamaged(trusting, &random) != nil)
        var scratch: [UInt8] = []
        #expect(packet.afterWire(.linked, &scratch) != nil)
        #expect(packet.afterWire(trusting, &scratch) == nil)
    }
}
