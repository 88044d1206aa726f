import ADO
import ADOObjects
import ADOSpec
import Synchronization

@testable import ADOApps
@testable import ADOSimulator

/// Transaction managers over the same two resource managers, against the player's adversary.
struct CommitGame: Sendable {
    static let names = ["rm1", "rm2"]

    /// How many transactions each manager runs, one after the other.
    var scripts = [2, 2]
    var deaths = 1
    var options = TwoPhaseCommit.Options()
    /// Runs one transaction; those with mistakes do it in their own way.
    var run:
        @Sendable (TwoPhaseCommit, [String: [ResourceChange]]) async throws(TwoPhaseCommit.Failure)
            ->
            TwoPhaseCommit.Outcome = { manager, changes throws(TwoPhaseCommit.Failure) in
                try await manager.run(changes)
            }

    init(_ placement: TwoPhaseCommit.PullPlacement = .atStart) {
        options.placement = placement
        options.pacing = Pacing(step: .seconds(60), pause: .zero)
        options.persistence = .retry(20)
    }

    func play(_ player: OraclePlayer) async throws(Violation) {
        player.host(ResourceManager.self)
        let turns = Turns(player, deaths: deaths) { AtomicityCheck.judge(Self.managers($0)) }
        let told = Mutex<[AtomicityCheck.Told]>([])
        turns.run(
            scripts.map { count in
                { backend in await self.play(count, backend, turns, told) }
            })
        try Self.recover(player)
        if let violation = turns.violation { throw violation }
        let said = told.withLock { $0 }
        if let violation = AtomicityCheck.judgeEnd(Self.managers(player), said) {
            throw violation
        }
        try Self.judgeQuantities(player)
    }

    private func play(
        _ count: Int, _ backend: TurnBackend, _ turns: Turns,
        _ told: borrowing Mutex<[AtomicityCheck.Told]>
    ) async {
        let manager = TwoPhaseCommit(
            over: Self.names, on: backend, identity: backend.node, options: options)
        for number in 1...count {
            // The second one of each takes more than the first brings: somebody may vote no.
            let changes = Dictionary(
                uniqueKeysWithValues: Self.names.map { name in
                    (name, [ResourceChange("x", by: number % 2 == 1 ? 1 : -1)])
                })
            let outcome = try? await run(manager, changes)
            if turns.isDead(backend.node) { return }
            told.withLock { told in
                switch outcome {
                case .committed(let id): told.append(.committed(id))
                case .aborted(let id, _): told.append(.aborted(id))
                case nil: break
                }
            }
        }
    }

    /// A last manager, to whom the adversary is as kind as it has become, finishes what is left.
    private static func recover(_ player: OraclePlayer) throws(Violation) {
        var options = TwoPhaseCommit.Options()
        options.pacing = Pacing(step: .seconds(60), pause: .zero)
        options.persistence = .retry(1000)
        let end = Mutex<Obstacle?>(nil)
        Turns(player).run(
            from: 90,
            [
                { [options] backend in
                    let last = TwoPhaseCommit(
                        over: names, on: backend, identity: 90, options: options)
                    do throws(Obstacle) {
                        try await last.recover()
                    } catch {
                        end.withLock { $0 = error }
                    }
                }
            ])
        if let obstacle = end.withLock({ $0 }) {
            throw Violation(rule: "recovery", explanation: "it gave up: \(obstacle)")
        }
    }

    static func managers(_ player: OraclePlayer) -> [AtomicityCheck.Manager] {
        names.map { name in
            let manager = player.committed(ResourceManager.self, named: name) ?? ResourceManager()
            return AtomicityCheck.Manager(
                name: name, decided: manager.decided, prepared: manager.prepared)
        }
    }

    /// Each change that was committed was made once: odd transactions bring one, even ones take it.
    private static func judgeQuantities(_ player: OraclePlayer) throws(Violation) {
        for name in names {
            let manager = player.committed(ResourceManager.self, named: name) ?? ResourceManager()
            guard manager.quantity(of: "x") >= 0 else {
                throw Violation(rule: "quantity", explanation: "\(name) is below zero")
            }
        }
        let quantities = Set(
            names.map { player.committed(ResourceManager.self, named: $0)?.quantity(of: "x") ?? 0 })
        guard quantities.count <= 1 else {
            throw Violation(rule: "quantity", explanation: "quantities are \(quantities.sorted())")
        }
    }

    func firstLost(seeds: ClosedRange<UInt64>, unkindIn: UInt64 = 6) async -> Lost? {
        for seed in seeds {
            let player = OraclePlayer(Choices(seed: seed, lengthMax: 300, unkindIn: unkindIn))
            do throws(Violation) {
                try await play(player)
                try player.check()
            } catch {
                return Lost(seed: seed, violation: error)
            }
        }
        return nil
    }
}
