import ADO
import ADOObjects
import ADOSpec
import Linearizability
import Synchronization

/// Clients that take a lock and write under it, against the oracle player's adversary.
struct LockGame: Sendable {
    /// How clients take and give back one kind of lock: the token, if it was granted.
    struct Kind: Sendable {
        let acquire: @Sendable (TurnBackend) async throws(CallFailure) -> UInt64?
        let release: @Sendable (TurnBackend, UInt64) async throws(CallFailure) -> Bool
        let rule: Rule
    }

    /// What is known of one kind of lock.
    enum Rule {
        /// Only a release frees the lock, and who is refused finds it held.
        case plain
        /// Nobody has it beside the owner, who may lose it by time if it expires.
        case exclusive(expires: Bool)
    }

    typealias Seen = Recorder<LockModel.Input, LockModel.Output>

    let kind: Kind
    /// Whether what is written under the lock carries the token.
    var isFenced = true
    var clients = 3
    static let policy = CallPolicy.exactlyOnce(deadline: .seconds(60))

    func play(_ player: OraclePlayer) async throws(Violation) {
        player.host(Lock.self)
        player.host(TicketLock.self)
        player.host(TimeoutLock.self)
        player.host(DVector<Int>.self)
        let turns = Turns(player, deaths: 1)
        let seen = Mutex(Seen())
        let granted = Mutex<[UInt64: Set<UInt64>]>([:])
        turns.run(
            (1...clients).map { _ in
                { backend in
                    for _ in 1...2 { await self.hold(backend, turns, seen, granted) }
                }
            })
        try judge(seen)
        if let shared = granted.withLock({ $0.first { $0.value.count > 1 } }) {
            let explanation = "grant \(shared.key) has owners \(shared.value.sorted())"
            throw Violation(rule: "grants", explanation: explanation)
        }
        try Self.judgeWrites(player)
    }

    private func judge(_ seen: borrowing Mutex<Seen>) throws(Violation) {
        guard let history = seen.withLock({ try? $0.history() }) else {
            throw Violation(rule: "lock", explanation: "the history is malformed")
        }
        let verdict =
            switch kind.rule {
            case .plain: LockModel().check(history)
            case .exclusive(let expires): ExclusionModel(expires: expires).check(history)
            }
        guard verdict.isLinearizable else {
            throw Violation(rule: "lock", explanation: "\(verdict)")
        }
    }

    /// Takes the lock, writes the token, and gives it back.
    private func hold(
        _ backend: TurnBackend, _ turns: Turns, _ seen: borrowing Mutex<Seen>,
        _ granted: borrowing Mutex<[UInt64: Set<UInt64>]>
    ) async {
        let node = backend.node
        var ticket = begin(.acquire(owner: node), node, turns, seen)
        let answer: UInt64?
        do throws(CallFailure) {
            answer = try await kind.acquire(backend)
        } catch {
            return
        }
        if turns.isDead(node) { return }
        finish(ticket, answer.map { .granted(token: $0) } ?? .held, turns, seen)
        if let answer { granted.withLock { _ = $0[answer, default: []].insert(node) } }
        guard let token = answer else { return }
        let vector = Handle(DVector<Int>.self, named: "v", on: backend)
        let fence = isFenced ? token : 0
        _ = try? await vector.call(.append(Int(token), fence: fence), policy: Self.policy)
        ticket = begin(.release(owner: node), node, turns, seen)
        let released = try? await kind.release(backend, token)
        guard !turns.isDead(node), let released else { return }
        finish(ticket, released ? .released : .notOwner, turns, seen)
    }

    private func begin(
        _ input: LockModel.Input, _ node: UInt64, _ turns: Turns, _ seen: borrowing Mutex<Seen>
    ) -> Seen.Ticket {
        let now = turns.now
        return seen.withLock { $0.begin(input, client: node, at: now) }
    }

    private func finish(
        _ ticket: Seen.Ticket, _ output: LockModel.Output, _ turns: Turns,
        _ seen: borrowing Mutex<Seen>
    ) {
        let now = turns.now
        seen.withLock { try? $0.finish(ticket, .returned(output, at: now)) }
    }

    /// What was written under the lock was written in the order of the grants.
    static func judgeWrites(_ player: OraclePlayer) throws(Violation) {
        let vector = player.committed(DVector<Int>.self, named: "v") ?? DVector()
        if let violation = judge(vector.elements.map(\.element)) { throw violation }
    }

    static func judge(_ tokens: [Int]) -> Violation? {
        for (earlier, later) in zip(tokens, tokens.dropFirst()) where earlier > later {
            let explanation = "the holder of grant \(earlier) wrote before that of \(later)"
            return Violation(rule: "fencing", explanation: explanation)
        }
        return nil
    }
}
