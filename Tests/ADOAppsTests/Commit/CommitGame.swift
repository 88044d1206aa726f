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
    /// Who takes part in the transactions of each manager, by their numbers.
    var participants: @Sendable (Int) -> Set<String> = { _ in Set(names) }
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
        let transactions = Mutex<[AtomicityCheck.Transaction]>([])
        turns.run(
            scripts.map { count in
                { backend in await self.play(count, backend, turns, transactions) }
            })
        try Self.recover(player)
        if let violation = turns.violation { throw violation }
        let all = transactions.withLock { $0 }
        if let violation = AtomicityCheck.judgeEnd(Self.managers(player), all) { throw violation }
    }

    private func play(
        _ count: Int, _ backend: TurnBackend, _ turns: Turns,
        _ transactions: borrowing Mutex<[AtomicityCheck.Transaction]>
    ) async {
        let manager = TwoPhaseCommit(
            over: Self.names, on: backend, identity: backend.node, options: options)
        for number in 1...count {
            // The second one of each takes more than the first brings: somebody may vote no.
            let amount = number % 2 == 1 ? 1 : -1
            let transaction = AtomicityCheck.Transaction(
                tag: "\(backend.node).\(number)", participants: participants(number), amount: amount
            )
            let place = transactions.withLock { all in
                all.append(transaction)
                return all.count - 1
            }
            let outcome = try? await run(manager, transaction.changes)
            if turns.isDead(backend.node) { return }
            transactions.withLock { $0[place].told = outcome }
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
                name: name, decided: manager.decided, prepared: manager.prepared,
                quantity: { manager.quantity(of: $0) })
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
