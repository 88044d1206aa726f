import ADO
import ADOObjects
import Testing

@Suite struct `A lock` {
    @Test func `has one owner at a time, with rising tokens`() throws {
        var lock = Applied(Lock.self)
        #expect(try lock(.tryAcquire(owner: 7)) == 1)
        #expect(try lock(.tryAcquire(owner: 8)) == nil)
        #expect(try lock(.tryAcquire(owner: 7)) == 1)
        #expect(try lock(.holder)?.owner == 7)
        #expect(try lock(.release(1)))
        #expect(try lock(.holder) == nil)
        #expect(try lock(.tryAcquire(owner: 8)) == 2)
    }

    @Test func `is not freed by a release of an earlier grant`() throws {
        var lock = Applied(Lock.self)
        #expect(try lock(.tryAcquire(owner: 7)) == 1)
        #expect(try lock(.release(1)))
        #expect(try lock(.tryAcquire(owner: 7)) == 2)
        #expect(try !lock(.release(1)))
        #expect(try lock(.tryAcquire(owner: 8)) == nil)
    }
}

@Suite struct `A ticket lock` {
    @Test func `is granted in the order of asking, once per owner`() throws {
        var lock = Applied(TicketLock.self)
        #expect(try lock(.acquire(owner: 7)) == .granted(token: 1))
        #expect(try lock(.acquire(owner: 8)) == .waiting(ahead: 1))
        #expect(try lock(.acquire(owner: 9)) == .waiting(ahead: 2))
        #expect(try lock(.acquire(owner: 8)) == .waiting(ahead: 1))
        #expect(try lock(.release(1)))
        #expect(try !lock(.release(1)))
        #expect(try lock(.acquire(owner: 7)) == .waiting(ahead: 2))
        #expect(try lock(.acquire(owner: 8)) == .granted(token: 2))
        #expect(try lock(.release(2)))
        #expect(try lock(.holder)?.owner == 9)
        #expect(try lock(.acquire(owner: 9)) == .granted(token: 3))
        #expect(lock.object.queue.map(\.owner) == [9, 7])
    }

    @Test func `skips tickets that were given back`() throws {
        var lock = Applied(TicketLock.self)
        for owner in 1...4 as ClosedRange<UInt64> { _ = try lock(.acquire(owner: owner)) }
        #expect(try lock(.cancel(owner: 2)))
        #expect(try lock(.cancel(owner: 3)))
        #expect(try !lock(.cancel(owner: 3)))
        #expect(try lock(.cancel(owner: 1)))
        #expect(try lock(.acquire(owner: 4)) == .granted(token: 4))
        #expect(try lock(.release(4)))
        #expect(try lock(.acquire(owner: 3)) == .granted(token: 5))
    }
}

@Suite struct `A timeout lock` {
    @Test func `is freed after so many ticks without a check-in`() throws {
        var lock = Applied(TimeoutLock.self)
        #expect(try lock(.tryAcquire(owner: 7, patience: 2)) == .granted(token: 1))
        #expect(try lock(.tick(1, seen: 0))?.elapsed == 1)
        #expect(try lock(.checkIn(1)))
        #expect(try lock(.tick(1, seen: 0))?.elapsed == 1)
        #expect(try lock(.tick(1, seen: 1)) == nil)
        #expect(try !lock(.checkIn(1)))
        #expect(try !lock(.release(1)))
        #expect(try lock(.tryAcquire(owner: 8, patience: 2)) == .granted(token: 2))
    }

    @Test func `counts a tick once, however many saw the same`() throws {
        var lock = Applied(TimeoutLock.self)
        #expect(try lock(.tryAcquire(owner: 7, patience: 3)) == .granted(token: 1))
        for _ in 1...5 { #expect(try lock(.tick(1, seen: 0))?.elapsed == 1) }
    }

    @Test func `is not touched by what is late`() throws {
        var lock = Applied(TimeoutLock.self)
        #expect(try lock(.tryAcquire(owner: 7, patience: 1)) == .granted(token: 1))
        #expect(try lock(.tick(1, seen: 0)) == nil)
        #expect(try lock(.tryAcquire(owner: 8, patience: 1)) == .granted(token: 2))
        #expect(try lock(.tick(1, seen: 0))?.owner == 8)
        #expect(try !lock(.release(1)))
        guard case .held(let grant) = try lock(.tryAcquire(owner: 7, patience: 1)) else {
            Issue.record("two owners")
            return
        }
        #expect(grant.owner == 8)
    }
}
