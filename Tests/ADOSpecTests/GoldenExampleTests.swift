import ADO
import ADOSpec
import Testing

/// The worked example of *Much ADO about Failures*: a queue on five replicas, A to E.
///
/// Times are two higher than the paper's: round 0 is no time here, and Eq2 needs an owner.
@Suite struct `The golden example` {
    static let (a, b, d, e): (UInt64, UInt64, UInt64, UInt64) = (1, 2, 4, 5)
    static let eq2 = CacheID(time: ballot(1, a), depth: 1)
    static let eq4 = CacheID(time: ballot(3, e), depth: 2)
    static let eq5 = CacheID(time: ballot(6, a), depth: 3)

    /// log = [Eq2]; root -> {Eq3, Eq4}.
    static func start() throws -> Interpreter {
        var model = Interpreter()
        try model.accept(.pulled(a, ballot(1, a), at: .root))
        try model.accept(.invoked(a, "Eq2"))
        try model.accept(.pushed(a, through: eq2))
        try model.accept(.pulled(d, ballot(2, d), at: eq2))
        try model.accept(.invoked(d, "Eq3"))
        try model.accept(.pulled(e, ballot(3, e), at: eq2))
        try model.accept(.invoked(e, "Eq4"))
        return model
    }

    @Test func `goes as the paper tells it`() throws {
        let (a, b) = (Self.a, Self.b)
        var model = try Self.start()
        #expect(
            model.state.drawing() == """
                1@1.1 Eq2 (committed) [1]
                ├─ 2@2.4 Eq3 [4]
                └─ 2@3.5 Eq4 [5]
                """)

        // (a) A prepares, everything is lost.
        try model.accept(.pullFailed(a))

        // (b) B prepares, hears A and C, which know of nothing uncommitted.
        try model.accept(.pulled(b, ballot(5, b), at: Self.eq2))
        #expect(model.state.owners.maxOwner == b)

        // (c) A prepares, hears all; E's last entry is newer than D's. B is preempted.
        try model.accept(.pulled(a, ballot(6, a), at: Self.eq4))
        #expect(model.state.owners.maxOwner == a)
        var late = model
        try late.accept(.invoked(b, "late"))
        let lateID = CacheID(time: ballot(5, b), depth: 2)
        #expect(throws: Violation.self) { try late.accept(.pushed(b, through: lateID)) }

        // (d) A invokes Eq5 and Eq6; Eq4 keeps its own time.
        try model.accept(.invoked(a, "Eq5"))
        try model.accept(.invoked(a, "Eq6"))
        #expect(model.state.branch(to: Self.eq5).map(\.method) == ["Eq4", "Eq5"])

        // (e) A push of which everything is lost. (f) One that gets as far as Eq5.
        try model.accept(.pushFailed(a))
        try model.accept(.pushed(a, through: Self.eq5))
        #expect(model.state.persist.map(\.method) == ["Eq2", "Eq4", "Eq5"])
        #expect(
            model.state.drawing() == """
                3@6.1 Eq5 (committed)
                4@6.1 Eq6 [1]
                """)

        // What hung off the old root is gone, and its owners find out when they go on.
        try model.accept(.invokeFailed(Self.d))
        try model.accept(.invokeFailed(b))
    }
}
