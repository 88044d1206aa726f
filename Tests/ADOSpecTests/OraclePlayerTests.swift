import ADO
import ADOSpec
import Testing

/// DApps that add one to a tally, well and badly.
enum Adder {
    static let object = ObjectName(type: Tally.typeName, name: "t")

    static func handle(_ player: OraclePlayer, _ node: UInt64 = 1) -> Handle<Tally> {
        Handle(Tally.self, named: "t", on: player.client(node))
    }

    static func broken(_ explanation: String) -> Violation {
        Violation(rule: "the DApp", explanation: explanation)
    }

    /// Pulls, until it works or the adversary has been unkind for too long.
    static func pull(_ tally: Handle<Tally>) async throws(Violation) {
        for _ in 0..<50 where (try? await tally.pull()) != nil { return }
        throw broken("it never got the object")
    }

    /// Adds one, exactly once: what is unknown is settled before anything else is done.
    static func add(_ tally: Handle<Tally>) async throws(Violation) {
        for _ in 0..<50 {
            try await pull(tally)
            guard (try? tally.invoke(.add)) != nil, let request = tally.pending.last else {
                continue
            }
            if try await push(tally, request) { return }
        }
        throw broken("it never came to an end")
    }

    /// Whether `request` is done; if not, it never will be.
    private static func push(
        _ tally: Handle<Tally>, _ request: Request
    ) async throws(Violation) -> Bool {
        if (try? await tally.push()) != nil { return true }
        guard let settled = try? await tally.settle(request, as: UInt64.self) else {
            throw broken("it never learned what became of its request")
        }
        switch settled {
        case .done: return true
        case .cancelled: return false
        case .thrown, .forgotten: throw broken("settling ended with \(settled)")
        }
    }

    /// Adds one, and takes a push of which nothing is known for one that did nothing.
    static func addCarelessly(_ tally: Handle<Tally>) async throws(Violation) {
        for _ in 0..<50 {
            try await pull(tally)
            guard (try? tally.invoke(.add)) != nil else { continue }
            if (try? await tally.push()) != nil { return }
        }
        throw broken("it never came to an end")
    }

    /// Adds one as slides have it: spin on the pull, invoke, spin on the push.
    static func addSpinning(_ tally: Handle<Tally>) async throws(Violation) {
        try await pull(tally)
        guard (try? tally.invoke(.add)) != nil else { return }
        for _ in 0..<50 where (try? await tally.push()) != nil { return }
        throw broken("it spins on a push that can never succeed")
    }

    static func expect(_ count: UInt64, _ player: OraclePlayer) throws(Violation) {
        let found = player.committed(Tally.self, named: "t")?.count ?? 0
        guard found != count else { return }
        throw broken("the tally is \(found) instead of \(count)")
    }
}

@Suite struct `The oracle player` {
    @Test func `is kind if it is told to`() async throws {
        let player = OraclePlayer()
        try await Adder.add(Adder.handle(player))
        #expect(try await Adder.handle(player, 2).call(.get) == 1)
        try Adder.expect(1, player)
        try player.check()
        #expect(
            player.log(Adder.object) == [
                .pulled(1, Ballot(round: 1, node: 1), at: .root), .invoked(1, "open"),
                .invoked(1, "request 1"),
                .pushed(1, through: CacheID(time: Ballot(round: 1, node: 1), depth: 2)),
            ])
    }

    @Test(arguments: [(4, Int.max), (16, 2)])
    func `finds nothing wrong with a DApp that settles`(depth: Int, unkind: Int) async {
        let result = await Exploration.explore(depth: depth, unkind: unkind) {
            player throws(Violation) in
            let tally = Adder.handle(player)
            try await Adder.add(tally)
            try Adder.expect(1, player)
            try await Adder.add(tally)
            try Adder.expect(2, player)
        }
        #expect(result.failure == nil)
        #expect(result.isComplete)
        #expect(result.runs > 200)
    }

    @Test func `shows every kind of event`() async {
        var kinds: Set<String> = []
        let result = await Exploration.explore(depth: 7, unkind: 2) {
            player throws(Violation) in
            let tally = Adder.handle(player)
            try? await Adder.addSpinning(tally)
            try await Adder.add(tally)
            for event in player.log(Adder.object) {
                kinds.insert(String(event.description.prefix { $0 != " " }))
            }
        }
        #expect(result.isComplete)
        #expect(kinds == ["Pull+", "Pull*", "Pull-", "Invoke+", "Invoke-", "Push+", "Push-"])
    }

    @Test func `finds that a DApp counts twice`() async {
        let result = await Exploration.explore(depth: 4) { player throws(Violation) in
            try await Adder.addCarelessly(Adder.handle(player))
            try Adder.expect(1, player)
        }
        #expect(result.failure?.violation.explanation == "the tally is 2 instead of 1")
    }

    @Test func `finds that a DApp spins for ever`() async {
        let result = await Exploration.explore(depth: 4) { player throws(Violation) in
            try await Adder.addSpinning(Adder.handle(player))
        }
        let explanation = result.failure?.violation.explanation
        #expect(explanation == "it spins on a push that can never succeed")
    }

    @Test func `repeats a failure from its choices`() async throws {
        let found = await Exploration.explore(depth: 4) { player throws(Violation) in
            try await Adder.addCarelessly(Adder.handle(player))
            try Adder.expect(1, player)
        }
        let player = OraclePlayer(Choices(plan: try #require(found.failure?.choices)))
        try await Adder.addCarelessly(Adder.handle(player))
        #expect(throws: Violation.self) { try Adder.expect(1, player) }
        try player.check()
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `plays legal games from any seed`(seed: UInt64) async throws {
        let player = OraclePlayer(
            Choices(seed: seed, lengthMax: 40), rivalMethod: Tally.Method.add)
        for _ in 0..<3 {
            for node in 1...2 as ClosedRange<UInt64> {
                let tally = Adder.handle(player, node)
                try await Adder.add(tally)
            }
        }
        try player.check()
        let again = OraclePlayer(
            Choices(plan: player.choices.made.map(\.taken)), rivalMethod: Tally.Method.add)
        #expect(again.choose(1) == 0)
        let count = player.committed(Tally.self, named: "t")?.count ?? 0
        #expect(count >= 6)
    }

    @Test func `carries out calls, whatever becomes of them`() async {
        let result = await Exploration.explore(depth: 12, unkind: 2) {
            player throws(Violation) in
            player.host(Tally.self)
            let tally = Adder.handle(player)
            let done = try? await tally.call(.add, policy: .exactlyOnce(deadline: .seconds(5)))
            guard done != nil else { throw Adder.broken("a call failed") }
            try Adder.expect(1, player)
        }
        #expect(result.failure == nil)
        #expect(result.isComplete)
    }
}
