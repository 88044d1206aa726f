import ADO
import ADOObjects
import ADOSpec
import Synchronization
import Testing

/// Clients that create and remove one object beside each other.
private struct ExistenceGame: Sendable {
    static let policy = CallPolicy.exactlyOnce(deadline: .seconds(60))
    let create: @Sendable (TurnBackend) async throws(CallFailure) -> Void
    let remove: @Sendable (TurnBackend) async throws(CallFailure) -> Void

    /// Those that ship.
    static let shipped = Self(
        create: { backend throws(CallFailure) in
            try await backend.create(Counter.self, named: "c", policy: policy)
        },
        remove: { backend throws(CallFailure) in
            try await backend.remove(Counter.self, named: "c", policy: policy)
        })

    /// The two logs are changed one after the other, and nobody looks again.
    static let hasty = Self(
        create: { backend throws(CallFailure) in
            try await Self.inventory(backend).call(.add(name), policy: policy)
            try await Handle(Counter.self, named: "c", on: backend).revive(policy: policy)
        },
        remove: { backend throws(CallFailure) in
            try await Handle(Counter.self, named: "c", on: backend).remove(policy: policy)
            try await Self.inventory(backend).call(.drop(name), policy: policy)
        })

    private static let name = ObjectName(type: Counter.typeName, name: "c")

    private static func inventory(_ backend: TurnBackend) -> Handle<Inventory> {
        Handle(Inventory.self, named: Inventory.name, on: backend)
    }

    func play(_ player: OraclePlayer) async throws(Violation) {
        player.host(Counter.self)
        player.host(Inventory.self)
        let turns = Turns(player)
        turns.run([
            { backend in
                await self.insist { () throws(CallFailure) in try await self.create(backend) }
                await self.insist { () throws(CallFailure) in try await self.remove(backend) }
            },
            { backend in
                await self.insist { () throws(CallFailure) in try await self.remove(backend) }
                await self.insist { () throws(CallFailure) in try await self.create(backend) }
            },
        ])
        let seen = Mutex<(isListed: Bool, exists: Bool)?>(nil)
        turns.run(
            from: 9,
            [
                { backend in
                    guard let names = try? await backend.objects(policy: Self.policy) else {
                        return
                    }
                    let counter = Handle(Counter.self, named: "c", on: backend)
                    let exists: Bool
                    do throws(CallFailure) {
                        _ = try await counter.call(.value, policy: Self.policy)
                        exists = true
                    } catch {
                        guard case .removed = error else { return }
                        exists = false
                    }
                    seen.withLock { $0 = (names.contains(Self.name), exists) }
                }
            ])
        guard let (isListed, exists) = seen.withLock({ $0 }) else {
            throw Violation(rule: "unseen", explanation: "nobody could look at the end")
        }
        guard isListed == exists else {
            throw Violation(
                rule: "listed", explanation: "it exists: \(exists), and is listed: \(isListed)")
        }
    }

    /// As the documentation says: after a failure once more.
    private func insist(_ work: () async throws(CallFailure) -> Void) async {
        for _ in 1...20 where (try? await work()) != nil { return }
    }
}

@Suite struct `An object that is created and removed at once` {
    private func lost(_ game: ExistenceGame) async -> Violation? {
        let result = await Exploration.explore(depth: 60, unkind: 2, runsMax: 20_000) {
            player throws(Violation) in
            try await game.play(player)
        }
        #expect(result.runs > 100 || result.failure != nil)
        return result.failure?.violation
    }

    @Test func `is listed if it exists, and only then`() async {
        #expect(await lost(.shipped) == nil)
    }

    @Test func `would be listed or not by chance if nobody looked again`() async {
        #expect(await lost(.hasty)?.rule == "listed")
    }
}
