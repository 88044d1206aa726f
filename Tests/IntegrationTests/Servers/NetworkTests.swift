import FaultTools
import TestSupport
import Testing

/// A link between a socket that connects and one that listens, both of this test.
@Suite struct `A link` {
    private let link: Link
    private let listener: RawSocket
    private let here: RawSocket

    init() throws {
        let port = try Loopback.freePorts(1)[0]
        listener = try RawSocket(listeningOn: port)
        link = try Link(to: port)
        here = try RawSocket(connectedTo: link.port)
    }

    /// Nothing has arrived yet: what was sent after it is there first.
    private func isHeld(_ socket: RawSocket) async throws -> Bool {
        try await Task.sleep(for: .milliseconds(50))
        return !socket.hasInput
    }

    @Test func `carries bytes in both directions, as they are`() async throws {
        let there = try await listener.accept()
        var random = SeededGenerator(seed: 1)
        let bytes = random.bytes(20_000)
        here.send(bytes)
        #expect(try await there.receive(bytes.count) == bytes)
        there.send([1, 2, 3])
        #expect(try await here.receive(3) == [1, 2, 3])
    }

    @Test func `tells one side that the other has closed`() async throws {
        let there = try await listener.accept()
        here.send([7])
        here.close()
        #expect(try await there.receive(1) == [7])
        try await there.waitUntilClosed()
    }

    @Test func `breaks what is connected when it is cut, and refuses more`() async throws {
        let there = try await listener.accept()
        link.cut()
        try await there.waitUntilClosed()
        try await here.waitUntilClosed()
        let again = try RawSocket(connectedTo: link.port)
        try await again.waitUntilClosed()
        link.mend()
        let whole = try RawSocket(connectedTo: link.port)
        let other = try await listener.accept()
        whole.send([9])
        #expect(try await other.receive(1) == [9])
    }

    @Test func `holds one direction back while it is silent, and then delivers`() async throws {
        let there = try await listener.accept()
        link.set(.silence, .there)
        here.send([1])
        there.send([2])
        #expect(try await here.receive(1) == [2])
        #expect(try await isHeld(there))
        link.mend()
        #expect(try await there.receive(1) == [1])
    }

    @Test func `hides that one side has closed while it is silent`() async throws {
        let there = try await listener.accept()
        link.set(.silence)
        here.close()
        #expect(try await isHeld(there))
        link.mend()
        try await there.waitUntilClosed()
    }

    @Test func `delivers late`() async throws {
        let there = try await listener.accept()
        link.set(.delay(.milliseconds(300)), .there)
        let start = ContinuousClock.now
        here.send([1])
        #expect(try await there.receive(1) == [1])
        #expect(.now - start >= .milliseconds(290))
    }

    @Test func `delivers slowly`() async throws {
        let there = try await listener.accept()
        link.set(.throttle(bytesPerSecond: 10_000), .there)
        let start = ContinuousClock.now
        here.send([UInt8](repeating: 1, count: 3000))
        _ = try await there.receive(3000)
        #expect(.now - start >= .milliseconds(250))
    }

    @Test func `turns one bit where it is told to`() async throws {
        let there = try await listener.accept()
        link.corrupt(.there)
        #expect(link.isCorrupting)
        here.send([UInt8](repeating: 0, count: 100))
        let damaged = try await there.receive(100)
        #expect(damaged.map(\.nonzeroBitCount).reduce(0, +) == 1)
        #expect(!link.isCorrupting)
        here.send([UInt8](repeating: 0, count: 100))
        #expect(try await there.receive(100).allSatisfy { $0 == 0 })
    }

    @Test func `makes a sender wait rather than hold everything`() async throws {
        let there = try await listener.accept()
        link.set(.silence, .there)
        let chunk = [UInt8](repeating: 1, count: 1 << 16)
        var sent = 0
        // What this socket, the link and the kernel hold together is bounded.
        try await poll(until: "the sender has to wait") {
            let count = here.sendSome(chunk)
            sent += count
            return count == 0
        }
        #expect(sent < 64 << 20)
        link.mend()
        #expect(try await there.receive(sent).count == sent)
    }
}
