import ADO
import ADOObjects
import ADOSpec
import Testing

extension LockGame.Kind {
    static let plain = Self(
        acquire: { backend throws(CallFailure) in
            try await Handle(Lock.self, named: "l", on: backend)
                .call(.tryAcquire(owner: backend.node), policy: LockGame.policy)
        },
        release: { backend, token throws(CallFailure) in
            try await Handle(Lock.self, named: "l", on: backend)
                .call(.release(token), policy: LockGame.policy)
        }, rule: .plain)

    /// Who has to wait gives the ticket back, so that `held` is the end of it.
    static let ticket = Self(
        acquire: { backend throws(CallFailure) in
            let lock = Handle(TicketLock.self, named: "l", on: backend)
            let call = Call<TicketLock, TicketLock.Place>.acquire(owner: backend.node)
            if case .granted(let token) = try await lock.call(call, policy: LockGame.policy) {
                return token
            }
            if case .granted(let token) = try await lock.call(call, policy: LockGame.policy) {
                return token
            }
            _ = try await lock.call(.cancel(owner: backend.node), policy: LockGame.policy)
            return nil
        },
        release: { backend, token throws(CallFailure) in
            try await Handle(TicketLock.self, named: "l", on: backend)
                .call(.release(token), policy: LockGame.policy)
        }, rule: .exclusive(expires: false))

    /// Whoever finds the lock held lets its time pass, at once.
    static let timeout = Self(
        acquire: { backend throws(CallFailure) in
            let lock = Handle(TimeoutLock.self, named: "l", on: backend)
            let call = Call<TimeoutLock, TimeoutLock.Attempt>.tryAcquire(
                owner: backend.node, patience: 1)
            switch try await lock.call(call, policy: LockGame.policy) {
            case .granted(let token): return token
            case .held(let grant):
                let tick = Call<TimeoutLock, TimeoutLock.Grant?>.tick(
                    grant.token, seen: grant.elapsed)
                _ = try await lock.call(tick, policy: LockGame.policy)
                return nil
            }
        },
        release: { backend, token throws(CallFailure) in
            try await Handle(TimeoutLock.self, named: "l", on: backend)
                .call(.release(token), policy: LockGame.policy)
        }, rule: .exclusive(expires: true))

    func judged(by rule: LockGame.Rule) -> Self {
        Self(acquire: acquire, release: release, rule: rule)
    }

    /// One that gives a token to whoever asks.
    static let open = Self(
        acquire: { backend throws(CallFailure) in
            let count = Handle(Counter.self, named: "c", on: backend)
            return UInt64(try await count.call(.add(1), policy: LockGame.policy))
        },
        release: { _, _ in true }, rule: .plain)
}

@Suite(.serialized) struct `A lock in the hands of an adversary` {
    private func firstLost(_ game: LockGame, seeds: ClosedRange<UInt64>) async -> Lost? {
        for seed in seeds {
            let player = OraclePlayer(Choices(seed: seed, lengthMax: 300, unkindIn: 5))
            player.host(Counter.self)
            do throws(Violation) {
                try await game.play(player)
                try player.check()
            } catch {
                return Lost(seed: seed, violation: error)
            }
        }
        return nil
    }

    @Test func `has one owner at a time`() async {
        for kind in [LockGame.Kind.plain, .ticket, .timeout] {
            let lost = await firstLost(LockGame(kind: kind), seeds: 151...300)
            #expect(lost == nil, "\(lost?.violation.explanation ?? "")")
        }
    }

    @Test func `guards what is written under it, if the token goes along`() async {
        for kind in [LockGame.Kind.plain, .ticket, .timeout] {
            #expect(await firstLost(LockGame(kind: kind), seeds: 1...150) == nil)
        }
    }

    @Test func `has one owner at a time, whatever goes wrong once`() async {
        let result = await Exploration.explore(depth: 400, unkind: 1) {
            player throws(Violation) in
            try await LockGame(kind: .plain, clients: 2).play(player)
        }
        #expect(result.failure == nil)
        #expect(result.isComplete)
        #expect(result.runs > 100)
    }

    @Test func `guards nothing without tokens, once it can time out`() async {
        let lost = await firstLost(
            LockGame(kind: .timeout, isFenced: false), seeds: 1...1000)
        #expect(lost?.violation.rule == "fencing")
        #expect(LockGame.judge([1, 3, 2])?.rule == "fencing")
        #expect(LockGame.judge([1, 2, 2, 3]) == nil)
    }

    @Test func `is found out if it is none`() async {
        for rule in [LockGame.Rule.plain, .exclusive(expires: false), .exclusive(expires: true)] {
            let lost = await firstLost(LockGame(kind: .open.judged(by: rule)), seeds: 1...300)
            #expect(lost?.violation.rule == "lock")
        }
        // One that expires is none that does not.
        let never = LockGame.Kind.timeout.judged(by: .exclusive(expires: false))
        #expect(await firstLost(LockGame(kind: never), seeds: 1...300)?.violation.rule == "lock")
    }
}
