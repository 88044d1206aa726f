import ADO
import ADOSpec
import Testing

/// An event that the model must refuse after the start of the golden example, and why.
struct Refused: Sendable, CustomTestStringConvertible {
    let event: ModelEvent
    let because: String
    var testDescription: String { event.description }

    init(_ event: ModelEvent, _ because: String) {
        self.event = event
        self.because = because
    }
}

private typealias Golden = `The golden example`

@Suite struct `The model` {
    static let refused = [
        Refused(
            .pulled(2, ballot(2, 2), at: Golden.eq4),
            "a pull at time 2.2 cannot adopt 2@3.5, which is not older"),
        Refused(.pulled(5, ballot(3, 5), at: Golden.eq2), "time 3.5 is owned by 5 already"),
        Refused(
            .pulled(2, ballot(9, 2), at: CacheID(time: ballot(1, 1), depth: 7)),
            "7@1.1 is neither an uncommitted cache nor the root, 1@1.1"),
        Refused(.pulled(2, ballot(9, 2), at: .root), "start is neither an uncommitted cache"),
        Refused(.pullPreempted(2, ballot(3, 2)), "time 3.2 is mapped already"),
        Refused(.invoked(3, "Eq7"), "node 3 never pulled"),
        Refused(.invokeFailed(5), "node 5 has a live branch, and could invoke"),
        Refused(.pushed(5, through: Golden.eq2), "1@1.1 is not an uncommitted cache"),
        Refused(.pushed(5, through: Golden.eq5), "3@6.1 is not an uncommitted cache"),
        Refused(
            .pushed(5, through: CacheID(time: ballot(2, 4), depth: 2)),
            "2@2.4 is a cache of node 4, not of node 5"),
        Refused(
            .pushed(4, through: CacheID(time: ballot(2, 4), depth: 2)),
            "the highest time, 3.5, belongs to node 5"),
    ]

    @Test(arguments: refused) func `refuses, and says why`(case: Refused) throws {
        var model = try Golden.start()
        let violation = #expect(throws: Violation.self) { try model.accept(`case`.event) }
        let text = violation?.explanation ?? ""
        #expect(text.contains(`case`.because))
        #expect(text.contains("├─ 2@2.4 Eq3"))
        #expect(model.log.count == 7)
    }

    @Test func `marks the place in the tree`() throws {
        var model = try Golden.start()
        let event = ModelEvent.pulled(2, ballot(2, 2), at: Golden.eq4)
        let violation = #expect(throws: Violation.self) { try model.accept(event) }
        #expect(
            violation?.explanation == """
                event 8, Pull+ of 2: time 2.2 at 2@3.5, is refused: \
                a pull at time 2.2 cannot adopt 2@3.5, which is not older.
                1@1.1 Eq2 (committed) [1]
                ├─ 2@2.4 Eq3 [4]
                └─ 2@3.5 Eq4 [5]   <-- here
                """)
    }

    @Test func `lets nobody push once a time was closed`() throws {
        var model = try Golden.start()
        try model.accept(.pullPreempted(2, ballot(7, 2)))
        #expect(throws: Violation.self) { try model.accept(.pushed(5, through: Golden.eq4)) }
        // Whoever closed it gained nothing, and may own it still.
        try model.accept(.pulled(2, ballot(7, 2), at: Golden.eq4))
        try model.accept(.invoked(2, "Eq5"))
        #expect(model.state.owners.maxOwner == 2)
    }

    @Test func `refuses a push at another time than that of the last pull`() throws {
        var model = try Golden.start()
        try model.accept(.pulled(5, ballot(8, 5), at: Golden.eq4))
        let violation = #expect(throws: Violation.self) {
            try model.accept(.pushed(5, through: Golden.eq4))
        }
        #expect(
            violation?.explanation.contains("is not of the time that node 5 pulled last") == true)
    }

    @Test func `lets an owner push again and again after one pull`() throws {
        var model = try Golden.start()
        for depth in 2...6 as ClosedRange<UInt64> {
            if depth > 2 { try model.accept(.invoked(5, "Eq\(depth)")) }
            try model.accept(.pushed(5, through: CacheID(time: ballot(3, 5), depth: depth)))
        }
        #expect(model.state.persist.count == 6)
        #expect(model.state.caches.isEmpty)
    }

    @Test func `gives unmapped times below a pull to nobody`() throws {
        var model = try Golden.start()
        try model.accept(.pulled(2, ballot(2, 2), at: Golden.eq2))
        #expect(model.state.owners[ballot(2, 2)] == 2)
        #expect(model.state.owners.maxOwner == 5)
        #expect(model.state.owners[ballot(2, 3)] == nil)
        #expect(model.state.owners.isMapped(ballot(2, 3)))
    }

    @Test func `draws no more lines than it is told`() throws {
        var model = Interpreter()
        try model.accept(.pulled(1, ballot(1), at: .root))
        for number in 1...9 { try model.accept(.invoked(1, "m\(number)")) }
        let drawing = model.state.drawing(linesMax: 4)
        #expect(drawing.split(separator: "\n").count == 5)
        #expect(drawing.hasSuffix("… and 6 more"))
    }
}

/// Steps that break one invariant each; no event leads there.
@Suite struct `The invariants` {
    private static let first = Cache(
        id: CacheID(time: ballot(1), depth: 1), parent: .root, owner: 1, method: "a")
    private static let second = Cache(
        id: CacheID(time: ballot(2, 2), depth: 2), parent: first.id, owner: 2, method: "b")

    private static var owners: Owners {
        var owners = Owners()
        owners.give(ballot(1), to: 1)
        owners.give(ballot(2, 2), to: 2)
        return owners
    }

    private static func state(
        _ persist: [Cache], _ caches: [Cache], owners: Owners = Self.owners
    ) -> ModelState {
        ModelState(persist: persist, caches: caches, owners: owners)
    }

    private static func broken(_ before: ModelState, _ after: ModelState) -> [Int] {
        Invariant.allCases.filter { $0.explanation(from: before, to: after) != nil }
            .map(\.rawValue)
    }

    @Test func `accept a legal step`() {
        let before = Self.state([], [Self.first, Self.second])
        #expect(Self.broken(before, before) == [])
        #expect(Self.broken(before, Self.state([Self.first, Self.second], [])) == [])
    }

    @Test func `1: what is committed is only extended`() {
        let after = Self.state([], [Self.first])
        #expect(Self.broken(Self.state([Self.first], []), after) == [1])
    }

    @Test func `2: every cache descends from the root`() {
        let after = Self.state([], [Self.second])
        #expect(Self.broken(after, after) == [2])
    }

    @Test func `3: a time has one owner`() {
        var stolen = Self.owners
        stolen.give(ballot(2, 2), to: 3)
        let before = Self.state([Self.first], [])
        #expect(Self.broken(before, Self.state([Self.first], [], owners: stolen)) == [3])
        let stray = Cache(
            id: Self.second.id, parent: Self.first.id, owner: 3, method: "c")
        let after = Self.state([Self.first], [stray])
        #expect(Self.broken(after, after) == [3])
    }

    @Test func `4: times rise`() {
        let late = Cache(
            id: CacheID(time: ballot(1), depth: 3), parent: Self.second.id, owner: 1, method: "c")
        let after = Self.state([], [Self.first, Self.second, late])
        #expect(Self.broken(after, after) == [4])
    }

    @Test func `5: only the owner of the highest time commits`() {
        let before = Self.state([], [Self.first, Self.second])
        #expect(Self.broken(before, Self.state([Self.first], [Self.second])) == [5])
    }
}
