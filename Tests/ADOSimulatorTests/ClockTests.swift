import Testing

@testable import ADOSimulator

@Suite struct `A clock` {
    @Test(arguments: [UInt64(500), 990, 1000, 1010, 2000])
    func `shows a time when the world says it does`(permille: UInt64) {
        var clock = Clock()
        clock.setRate(permille, at: 1_000_000)
        for local in [UInt64(1_000_000), 1_000_001, 1_234_567, 9_999_999] {
            let world = clock.world(at: local)
            #expect(clock.local(at: world) >= local)
            #expect(world == 1_000_000 || clock.local(at: world - 1) < local)
        }
    }

    @Test func `jumps ahead and never back`() {
        var clock = Clock()
        clock.jump(by: 700, at: 1_000)
        #expect(clock.local(at: 1_000) == 1_700)
        clock.setRate(500, at: 2_000)
        #expect(clock.local(at: 2_000) == 2_700)
        #expect(clock.local(at: 4_000) == 3_700)
        #expect(clock.world(at: .max) == .max)
    }
}
