public import ADO
internal import Synchronization

/// Plays the protocol's part for a DApp, straight from the model and with an adversary's choices.
///
///     let player = OraclePlayer(Choices(seed: 7, lengthMax: 20))
///     let counter = Handle(Counter.self, named: "hits", on: player.client(1))
///
/// At each operation the adversary takes any outcome that the model allows: it fails, is preempted,
/// commits a part, commits everything and does not say so; others appear, adopt any branch, and
/// push theirs; a pull finds any branch that is live. All of it is a log of the model's events,
/// which ``check()`` has judged. The DApp must be deterministic and do one thing at a time, or the
/// same choices would not lead to the same run.
public final class OraclePlayer: Sendable {
    fileprivate struct Game: Sendable {
        var choices: Choices
        var worlds: [ObjectName: World] = [:]
        var types: [String: any Folding] = [:]
        let rivalMethod: [UInt8]?
        /// Whether what operations come to is chosen too, and not only who moves.
        let choosesOutcomes: Bool
    }

    private let game: Mutex<Game>
    /// The time of clients that take turns: one, so that no two of them draw the same sessions.
    let time = VirtualTime(seed: 1)

    /// Makes a player; others that interfere invoke `rivalMethod`, or nothing that matters.
    ///
    /// Without `choosesOutcomes` each operation has its kindest outcome, and the adversary chooses
    /// only where ``choose(_:)`` is called: whose turn it is, say, and who dies.
    public init(
        _ choices: Choices = Choices(), rivalMethod: (any ObjectMethod)? = nil,
        choosesOutcomes: Bool = true
    ) {
        game = Mutex(
            Game(
                choices: choices, rivalMethod: rivalMethod?.encoded(),
                choosesOutcomes: choosesOutcomes))
    }

    /// The backend of one client; nodes are numbered from 1 to 100.
    public func client(_ node: UInt64) -> ModelBackend {
        precondition((1...100).contains(node), "clients are nodes 1 to 100")
        return ModelBackend(self, node: node)
    }

    /// Makes a type known, so that calls reach objects of it; a pull does so too.
    public func host<Object: AtomicObject>(_ type: Object.Type) {
        game.withLock { $0.types[Object.typeName] = ObjectReplica<Object>() }
    }

    /// Lets the adversary choose among `count` things that a DApp may do next.
    public func choose(_ count: Int) -> Int { game.withLock { $0.choices.choose(count) } }

    /// The choices made so far.
    public var choices: Choices { game.withLock { $0.choices } }

    /// What happened to an object.
    public func log(_ object: ObjectName) -> [ModelEvent] {
        game.withLock { $0.worlds[object]?.model.log ?? [] }
    }

    /// The model's state of an object.
    public func state(_ object: ObjectName) -> ModelState {
        game.withLock { $0.worlds[object]?.state ?? ModelState() }
    }

    /// What is committed of an object, applied; nil if nobody used it.
    public func committed<Object: AtomicObject>(
        _ type: Object.Type, named name: String
    ) -> Object? {
        let object = ObjectName(type: Object.typeName, name: name)
        return game.withLock { ($0.worlds[object]?.replica as? ObjectReplica<Object>)?.object }
    }

    /// Has the interpreter and LiDO judge what happened to every object.
    public func check() throws(Violation) {
        let worlds = game.withLock { Array($0.worlds.values) }
        for world in worlds {
            if let violation = world.violation { throw violation }
            _ = try Interpreter.run(world.model.log)
            if let violation = LiDO.judge(world.model.log) { throw violation }
        }
    }
}

/// One client of an ``OraclePlayer``.
public final class ModelBackend: Backend {
    private let player: OraclePlayer
    let node: UInt64

    init(_ player: OraclePlayer, node: UInt64) {
        self.player = player
        self.node = node
    }

    /// Stands on any live branch, or fails.
    public func pull<Object: AtomicObject>(
        _ object: ObjectName, as type: Object.Type, timeout: Duration
    ) async throws(PullFailure) -> Pulled<Object> {
        player.host(type)
        let result: Result<Pulled<Object>, PullFailure>? = player.play(object) { world, choices in
            do throws(PullFailure) {
                return .success(try world.pull(self.node, &choices))
            } catch {
                return .failure(error)
            }
        }
        guard let result else { throw .unreadable }
        return try result.get()
    }

    /// Commits everything, a part, or nothing, and tells or does not.
    public func push(
        _ object: ObjectName, ballot: Ballot, entries block: [UInt8], count: Int, timeout: Duration
    ) async -> PushReport {
        guard let block = entries(of: block, count: count) else { return .tooLarge }
        return player.play(object) { $0.push(self.node, ballot, block, &$1) } ?? .stale
    }

    /// Has a server carry the entries out, now, later, or never.
    public func call(
        _ object: ObjectName, kind: CallKind, entries block: [UInt8], count: Int, timeout: Duration
    ) async -> [Reply] {
        let refused = { outcome in Array(repeating: Reply(outcome), count: count) }
        guard let block = entries(of: block, count: count) else { return refused(.rejected) }
        return player.play(object) { world, choices in
            kind == .read ? world.read(block, &choices) : world.call(block, &choices)
        } ?? refused(.unhosted)
    }

    /// Does nothing: an owner that is gone is taken over by the next.
    public func release(_ object: ObjectName, ballot: Ballot) {}
}

extension OraclePlayer {
    /// Plays one operation on an object; nil if nobody knows its type.
    fileprivate func play<Result: Sendable>(
        _ object: ObjectName, _ turn: (inout World, inout Choices) -> Result
    ) -> Result? {
        game.withLock { game in
            guard let blank = game.types[object.type] else { return nil }
            var world = game.worlds[object] ?? World(blank, rivalMethod: game.rivalMethod)
            defer { game.worlds[object] = world }
            var kind = Choices()
            return game.choosesOutcomes ? turn(&world, &game.choices) : turn(&world, &kind)
        }
    }
}
