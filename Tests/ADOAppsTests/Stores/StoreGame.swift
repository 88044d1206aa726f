import ADO
import ADOApps
import ADOObjects
import ADOSpec
import Linearizability
import TestSupport

@testable import ADOSimulator

/// A game that was lost.
struct Lost: Hashable {
    let seed: UInt64
    let violation: Violation
}

/// Clients of one store at once, against the oracle player's adversary.
struct StoreGame: Sendable {
    enum Move: Sendable {
        case perform(StoreModel.Input)
        case collect
    }

    /// What each client does, one thing after the other.
    var scripts: [[Move]] = [
        [.perform(.set("a", "1")), .perform(.set("b", "2"))],
        [.perform(.set("a", "3")), .perform(.get("b")), .perform(.get("a"))],
    ]
    var deaths = 1
    let make: @Sendable (TurnBackend) -> any StoreClient

    /// Plays once.
    func play(_ player: OraclePlayer) async throws(Violation) {
        player.host(TimeoutLock.self)
        player.host(DVector<String>.self)
        player.host(DVector<MetaBucket>.self)
        player.host(MetaVector.self)
        let history = StoreHistory()
        let turns = Turns(player, deaths: deaths, watch: PlaceCheck.judge)
        let make = make
        turns.run(
            scripts.map { script in
                { backend in
                    let store = make(backend)
                    for move in script {
                        await Self.make(move, store, backend.node, turns, history)
                    }
                }
            })
        // Whoever comes last reads everything, so that what was lost is missed.
        turns.run(
            from: 50,
            [
                { backend in
                    let store = make(backend)
                    for key in ["a", "b", "c"] {
                        await Self.make(.perform(.get(key)), store, 50, turns, history)
                    }
                }
            ])
        if let violation = turns.violation { throw violation }
        try Self.judge(history)
    }

    private static func judge(_ history: StoreHistory) throws(Violation) {
        guard let verdict = try? history.verdict() else {
            throw Violation(rule: "history", explanation: "no clients can have seen this")
        }
        guard !verdict.isLinearizable else { return }
        throw Violation(rule: "linearizable", explanation: "\(verdict)")
    }

    private static func make(
        _ move: Move, _ store: any StoreClient, _ node: UInt64, _ turns: Turns,
        _ history: StoreHistory
    ) async {
        switch move {
        case .collect:
            _ = try? await store.collect()
        case .perform(let input):
            await history.record(
                input, client: node, clock: { turns.now }, isDead: { turns.isDead(node) }
            ) { () throws(StoreFailure) in try await store.perform(input) }
        }
    }

    /// Plays every order of the operations in which so many things are unkind.
    func explore(unkind: Int) async -> Exploration {
        await Exploration.explore(
            depth: 400, unkind: unkind, make: { OraclePlayer($0, choosesOutcomes: false) }
        ) { player throws(Violation) in
            try await play(player)
        }
    }

    /// The first seed of some at which the game is lost.
    func firstLost(
        seeds: ClosedRange<UInt64>, unkindIn: UInt64 = 6
    ) async -> Lost? {
        for seed in seeds {
            let choices = Choices(seed: seed, lengthMax: 300, unkindIn: unkindIn)
            let player = OraclePlayer(choices)
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
