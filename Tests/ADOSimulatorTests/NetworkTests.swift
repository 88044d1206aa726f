import CMultiPaxos
import Testing

@testable import ADOSimulator

@Suite struct `A network` {
    let packet = Packet(from: 1, to: 2, message: mp_message())

    @Test func `holds back what is clogged until the last clog is gone`() {
        var network = Network(count: 3)
        let line = Fault.Line(from: 0, to: 1)
        #expect(!network.holds(packet, 0, 1))
        network.clog(line)
        network.clog(line)
        #expect(network.holds(packet, 0, 1))
        #expect(!network.holds(packet, 1, 0))
        #expect(network.unclog(line).isEmpty)
        #expect(network.unclog(line).count == 1)
        #expect(!network.holds(packet, 0, 1))
    }

    @Test func `loses what was under way when a connection is reset`() {
        var network = Network(count: 2)
        network.clog(Fault.Line(from: 0, to: 1))
        #expect(network.holds(packet, 0, 1))
        let before = network.epoch(0, 1)
        network.reset(1, 0)
        #expect(network.epoch(0, 1) != before)
        #expect(network.unclog(Fault.Line(from: 0, to: 1)).isEmpty)
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
        for _ in 0..<2_000 { #expect(accept.passesDamaged(&random) == nil) }
    }
}
