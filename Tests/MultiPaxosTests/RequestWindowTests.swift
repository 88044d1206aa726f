import TestSupport
import Testing

@testable import MultiPaxos

@Suite struct `A window of requests` {
    @Test func `rises over what is finished, in any order`() {
        var window = RequestWindow(capacity: 64)
        window.take(5)
        window.finish(2)
        window.finish(3)
        #expect(window.lowest == 1)
        window.finish(1)
        #expect(window.lowest == 4)
        #expect(!window.isOpen(3))
        #expect(window.isOpen(4))
        #expect(!window.isOpen(6))
    }

    @Test func `takes no more than it has room for`() {
        var window = RequestWindow(capacity: 64)
        window.take(64)
        #expect(window.room == 0)
        window.finish(2)
        #expect(window.room == 0)
        window.finish(1)
        #expect(window.room == 2)
    }

    @Test func `ignores what is not open`() {
        var window = RequestWindow(capacity: 64)
        window.take(2)
        window.finish(1)
        window.finish(1)
        window.finish(9)
        window.finish(0)
        #expect(window.lowest == 2)
        #expect(window.next == 3)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `agrees with a set, whatever happens`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var window = RequestWindow(capacity: 256)
        var open: Set<UInt64> = []
        for _ in 0..<20_000 {
            if random.oneIn(2), window.room > 0 {
                let count = Int.random(in: 1...window.room, using: &random)
                open.formUnion(window.next..<window.next + UInt64(count))
                window.take(count)
            }
            if let request = open.randomElement(using: &random) {
                window.finish(request)
                open.remove(request)
            }
            #expect(window.lowest == open.min() ?? window.next)
        }
    }
}
