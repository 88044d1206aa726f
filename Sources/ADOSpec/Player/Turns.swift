public import ADO
internal import Synchronization

/// Several clients of one player at once: their operations interleave as the adversary likes.
///
///     let turns = Turns(player, deaths: 1)
///     turns.run([
///         { backend in await write(on: backend) }, { backend in await read(on: backend) },
///     ])
///
/// Each client is a procedure with a backend of its own, and may do several things at once. One
/// operation on a backend happens at a time; which is next, the adversary chooses, and the kindest
/// choice is the oldest of whoever moved last. So a client may be paused between any two operations
/// for as long as the others run. The adversary may also let some die, before an operation or right
/// after it took effect: then every operation of theirs fails as closed, and what they report is to
/// be ignored (``isDead(_:)``).
///
/// All of it runs on the thread that calls ``run(from:_:)``, in virtual time, which passes while
/// nobody waits for an operation.
public final class Turns: Sendable {
    fileprivate enum Move: Sendable {
        case go
        /// The operation takes effect, and the client dies before it learns of it.
        case goAndDie
        case dead
    }

    /// An operation that waits for its turn.
    private struct Operation: Sendable {
        let node: UInt64
        let continuation: CheckedContinuation<Move, Never>
    }

    private struct State: Sendable {
        /// In the order in which they came.
        var waiting: [Operation] = []
        var last: UInt64 = 0
        var dead: Set<UInt64> = []
        var deathsLeft: Int
        var time: UInt64 = 0
        var violation: Violation?
    }

    private let player: OraclePlayer
    private let watch: @Sendable (OraclePlayer) -> Violation?
    private let state: Mutex<State>
    fileprivate let virtual: VirtualTime

    /// Lets clients of `player` take turns, of whom the adversary may let so many die.
    ///
    /// `watch` looks at what is committed between any two operations.
    public init(
        _ player: OraclePlayer, deaths: Int = 0,
        watch: @escaping @Sendable (OraclePlayer) -> Violation? = { _ in nil }
    ) {
        self.player = player
        self.watch = watch
        virtual = player.time
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
    ) {
        for (place, client) in clients.enumerated() {
            let backend = TurnBackend(self, player.client(first + UInt64(place)))
            virtual.start { await client(backend) }
        }
        repeat {
            virtual.run()
            while let operations = nextMove() {
                for (operation, move) in operations {
                    operation.continuation.resume(returning: move)
                }
                virtual.run()
            }
        } while virtual.advance()
    }

    /// Waits until it is the turn of an operation.
    fileprivate func turn(_ node: UInt64) async -> Move {
        if isDead(node) { return .dead }
        return await withCheckedContinuation { continuation in
            state.withLock {
                $0.waiting.append(Operation(node: node, continuation: continuation))
            }
        }
    }

    /// What happens next: one operation, and the end of all others of its client if that dies.
    private func nextMove() -> [(Operation, Move)]? {
        state.withLock { state in
            if state.violation == nil { state.violation = watch(player) }
            return state.waiting.isEmpty ? nil : choose(&state)
        }
    }

    private func choose(_ state: inout State) -> [(Operation, Move)] {
        let places = state.waiting.indices.sorted { left, right in
            let nodes = (state.waiting[left].node, state.waiting[right].node)
            guard nodes.0 != nodes.1 else { return left < right }
            return nodes.0 == state.last || (nodes.1 != state.last && nodes.0 < nodes.1)
        }
        let pick = player.choose(places.count * (state.deathsLeft > 0 ? 3 : 1))
        let chosen = state.waiting.remove(at: places[pick % places.count])
        state.last = chosen.node
        if pick < places.count { return [(chosen, .go)] }
        state.deathsLeft -= 1
        state.dead.insert(chosen.node)
        let others = state.waiting.filter { $0.node == chosen.node }
        state.waiting.removeAll { $0.node == chosen.node }
        let last: Move = pick < 2 * places.count ? .dead : .goAndDie
        return [(chosen, last)] + others.map { ($0, .dead) }
    }
}

/// The backend of one client that takes turns.
public final class TurnBackend: Backend {
    private let turns: Turns
    private let model: ModelBackend

    /// The number of the client.
    public var node: UInt64 { model.node }

    /// The virtual time of all clients.
    public var surroundings: any Surroundings { turns.virtual }

    fileprivate init(_ turns: Turns, _ model: ModelBackend) {
        self.turns = turns
        self.model = model
    }

    /// Pulls when it is the client's turn.
    public func pull<Object: AtomicObject>(
        _ object: ObjectName, as type: Object.Type, timeout: Duration
    ) async throws(PullFailure) -> Pulled<Object> {
        let move = await turns.turn(node)
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
        guard move != .dead else { return Array(repeating: Reply(.closed), count: count) }
        let replies = await model.call(
            object, kind: kind, entries: entries, count: count, timeout: timeout)
        return move == .go ? replies : Array(repeating: Reply(.closed), count: count)
    }

    /// Does nothing: an owner that is gone is taken over by the next.
    public func release(_ object: ObjectName, ballot: Ballot) {}
}
