public import ADO
internal import Synchronization

/// Several clients of one player at once: their operations interleave as the adversary likes.
///
///     let turns = Turns(player, deaths: 1)
///     await turns.run([
///         { backend in await write(on: backend) }, { backend in await read(on: backend) },
///     ])
///
/// Each client is a procedure with a backend of its own. One of them moves at a time, from one
/// operation on its backend to the next; who is next, the adversary chooses, and the kindest choice
/// is whoever moved last. So a client may be paused between any two operations for as long as the
/// others run, and nothing depends on real time. The adversary may also let some die, before an
/// operation or right after it took effect: then every operation of theirs fails as closed, and
/// what they report is to be ignored (``isDead(_:)``).
public final class Turns: Sendable {
    fileprivate enum Move: Sendable {
        case go
        /// The operation takes effect, and the client dies before it learns of it.
        case goAndDie
        case dead
        /// Its client did not wait for it any more: it never happens.
        case lost
    }

    private struct State: Sendable {
        /// Operations that wait for their turn, in the order in which they came.
        var waiting: [(node: UInt64, continuation: CheckedContinuation<Move, Never>)] = []
        var moving: Set<UInt64> = []
        var ended: Set<UInt64> = []
        var last: UInt64 = 0
        var dead: Set<UInt64> = []
        var deathsLeft: Int
        var time: UInt64 = 0
        var violation: Violation?

        /// Takes out what a client left waiting: on a machine so slow that a handle ran out of
        /// patience it goes on without an answer.
        mutating func takeWaiting(_ node: UInt64) -> [CheckedContinuation<Move, Never>] {
            defer { waiting.removeAll { $0.node == node } }
            return waiting.filter { $0.node == node }.map(\.continuation)
        }
    }

    private let player: OraclePlayer
    private let watch: @Sendable (OraclePlayer) -> Violation?
    private let state: Mutex<State>

    /// Lets clients of `player` take turns, of whom the adversary may let so many die.
    ///
    /// `watch` looks at what is committed between any two operations.
    public init(
        _ player: OraclePlayer, deaths: Int = 0,
        watch: @escaping @Sendable (OraclePlayer) -> Violation? = { _ in nil }
    ) {
        self.player = player
        self.watch = watch
        state = Mutex(State(deathsLeft: deaths))
    }

    /// The first thing that `watch` had to say.
    public var violation: Violation? { state.withLock { $0.violation } }

    /// A clock that moves on each time it is read.
    public var now: UInt64 {
        state.withLock { state in
            state.time += 1
            return state.time
        }
    }

    /// Whether a client died.
    public func isDead(_ node: UInt64) -> Bool { state.withLock { $0.dead.contains(node) } }

    /// Runs clients, numbered from `first` on, until all have come to their end.
    ///
    /// A client of an earlier run who died stays dead: give the later ones other numbers.
    public func run(
        from first: UInt64 = 1, _ clients: [@Sendable (TurnBackend) async -> Void]
    ) async {
        let nodes = clients.indices.map { first + UInt64($0) }
        state.withLock { state in
            state.moving = Set(nodes)
            state.ended.subtract(nodes)
        }
        await withTaskGroup(of: Void.self) { group in
            for (node, client) in zip(nodes, clients) {
                let backend = TurnBackend(self, player.client(node))
                group.addTask {
                    await client(backend)
                    self.end(node)
                }
            }
        }
    }

    /// Waits until it is the turn of a client.
    fileprivate func turn(_ node: UInt64) async -> Move {
        if state.withLock({ $0.dead.contains(node) || $0.ended.contains(node) }) { return .dead }
        return await withCheckedContinuation { continuation in
            let late = state.withLock { state in
                let late = state.takeWaiting(node)
                state.waiting.append((node, continuation))
                return late
            }
            for operation in late { operation.resume(returning: .lost) }
            rest(node)
        }
    }

    /// Says that a client has come to its end.
    private func end(_ node: UInt64) {
        let late = state.withLock { state in
            state.ended.insert(node)
            return state.takeWaiting(node)
        }
        for operation in late { operation.resume(returning: .lost) }
        rest(node)
    }

    /// Says that a client does not move any more; when none does, the next one is chosen.
    private func rest(_ node: UInt64) {
        let next: (CheckedContinuation<Move, Never>, Move)? = state.withLock { state in
            state.moving.remove(node)
            guard state.moving.isEmpty else { return nil }
            if state.violation == nil { state.violation = watch(player) }
            guard !state.waiting.isEmpty else { return nil }
            return choose(&state)
        }
        // Outside of the lock: resuming may run the client.
        next?.0.resume(returning: next?.1 ?? .go)
    }

    private func choose(
        _ state: inout State
    ) -> (CheckedContinuation<Move, Never>, Move)? {
        let last = state.last
        let waiting = Set(state.waiting.map(\.node))
        let others = waiting.subtracting([last]).sorted()
        let nodes = (waiting.contains(last) ? [last] : []) + others
        let kinds = state.deathsLeft > 0 ? 3 : 1
        let pick = player.choose(nodes.count * kinds)
        let node = nodes[pick % nodes.count]
        guard let position = state.waiting.firstIndex(where: { $0.node == node }) else {
            return nil
        }
        let client = state.waiting.remove(at: position).continuation
        state.moving = [node]
        state.last = node
        if pick < nodes.count { return (client, .go) }
        state.deathsLeft -= 1
        state.dead.insert(node)
        return (client, pick < 2 * nodes.count ? .dead : .goAndDie)
    }
}

/// The backend of one client that takes turns.
public final class TurnBackend: Backend {
    private let turns: Turns
    private let model: ModelBackend

    /// The number of the client.
    public var node: UInt64 { model.node }

    fileprivate init(_ turns: Turns, _ model: ModelBackend) {
        self.turns = turns
        self.model = model
    }

    /// Pulls when it is the client's turn.
    public func pull<Object: AtomicObject>(
        _ object: ObjectName, as type: Object.Type, timeout: Duration
    ) async throws(PullFailure) -> Pulled<Object> {
        let move = await turns.turn(node)
        guard move != .lost else { throw .noQuorum }
        guard move != .dead else { throw .closed }
        let pulled = try await model.pull(object, as: type, timeout: timeout)
        guard move == .go else { throw .closed }
        return pulled
    }

    /// Pushes when it is the client's turn.
    public func push(
        _ object: ObjectName, ballot: Ballot, entries: [UInt8], count: Int, timeout: Duration
    ) async -> PushReport {
        let move = await turns.turn(node)
        guard move != .lost else { return .busy }
        guard move != .dead else { return .closed }
        let report = await model.push(
            object, ballot: ballot, entries: entries, count: count, timeout: timeout)
        return move == .go ? report : .closed
    }

    /// Calls when it is the client's turn.
    public func call(
        _ object: ObjectName, kind: CallKind, entries: [UInt8], count: Int, timeout: Duration
    ) async -> [Reply] {
        let move = await turns.turn(node)
        guard move != .lost else { return Array(repeating: Reply(.unknown), count: count) }
        guard move != .dead else { return Array(repeating: Reply(.closed), count: count) }
        let replies = await model.call(
            object, kind: kind, entries: entries, count: count, timeout: timeout)
        return move == .go ? replies : Array(repeating: Reply(.closed), count: count)
    }

    /// Does nothing: an owner that is gone is taken over by the next.
    public func release(_ object: ObjectName, ballot: Ballot) {}
}
