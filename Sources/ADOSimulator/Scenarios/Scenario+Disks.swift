/// Rows 14 to 16, 18 to 26 and 31: clocks, disks and callers.
extension Scenario {
    static let ofClocks: [Scenario] = [
        Scenario(
            "skew", row: 14, "clocks run a tenth too fast or too slow", callers: 0,
            [
                Trouble(.skew(.leader, [900, 1100]), lasts: 20...60),
                Trouble(.skew(.follower, [900, 1100]), lasts: 20...60),
            ],
            demands: [.keepsLeader, .neverSilentFor(0.5), .keepsPace(percent: 95)]),
        Scenario(
            "jump-follower", row: 14, "the clock of a follower jumps",
            [Trouble(.jump(.follower, 0.1...50))],
            demands: [.keepsLeader, .neverSilentFor(0.5)]),
        Scenario(
            "jump-leader", row: 14, "the clock of the leader jumps",
            [Trouble(.jump(.leader, 0.1...50))],
            demands: [.neverSilentFor(3), .leaderChanges(atMost: 1)]),
    ]

    static let ofDisks = ofSlowDisks + ofLostWrites + ofDamage

    private static let ofSlowDisks: [Scenario] = [
        Scenario(
            "slow-follower", row: 15, "the disk of a follower is 10 to 1,000 times slower",
            callers: 0,
            [Trouble(.slowDisk(.follower, 50...5_000))],
            demands: [
                .keepsLeader, .neverSilentFor(0.5), .keepsPace(percent: 95), .endsWithoutStir,
            ]),
        Scenario(
            "slow-leader", row: 16, "the disk of the leader stalls for longer than T",
            [Trouble(.slowDisk(.leader, 1_100...25_000), lasts: 12...40)],
            demands: [
                .serves(within: 4), .changesLeader, .leaderChanges(atMost: 1), .evens(within: 3),
            ]),
        Scenario(
            "full-follower", row: 21, "the disk of a follower is full",
            [Trouble(.fullDisk(.follower))],
            demands: [.keepsLeader, .neverSilentFor(0.5), .evens(within: 6)]),
        Scenario(
            "full-leader", row: 21, "the disk of the leader is full",
            [Trouble(.fullDisk(.leader))],
            demands: [
                .serves(within: 4), .changesLeader, .leaderChanges(atMost: 1), .evens(within: 6),
            ]),
        Scenario(
            "full-all", row: 21, "all disks are full", [Trouble(.fullDisk(.all))],
            demands: [.commitsNothing, .saysFull, .recovers(within: 3), .evens(within: 6)]),
    ]

    /// Disks are slow, so that there is something to lose.
    private static func power(_ role: Trouble.Role) -> [Trouble] {
        [
            Trouble(.slowDisk(.all, 50...150), at: 0...0, lasts: 2...2),
            Trouble(.kill(role), at: 1...1.5, lasts: 0.1...2),
        ]
    }

    private static let ofLostWrites: [Scenario] = [
        Scenario(
            "power-minority", row: 18, "a minority loses what is not flushed", voters: [5],
            power(.minority), demands: [.keepsLeader, .neverSilentFor(0.5), .evens(within: 3)]),
        Scenario(
            "power-majority", row: 18, "a majority loses what is not flushed",
            power(.majority), demands: [.recovers(within: 3), .evens(within: 4)]),
        Scenario(
            "power-all", row: 18, "all lose what is not flushed",
            power(.all), demands: [.recovers(within: 3), .evens(within: 4)]),
        Scenario(
            "tear-leader", row: 19, "a write of the leader is torn by a crash",
            [Trouble(.tear(.leader))],
            demands: [.serves(within: 4), .leaderChanges(atMost: 1), .evens(within: 4)]),
        Scenario(
            "tear-follower", row: 19, "a write of a follower is torn by a crash",
            [Trouble(.tear(.follower))],
            demands: [.neverSilentFor(0.5), .keepsLeader, .evens(within: 4)]),
        Scenario(
            "flush-error", row: 20, "a flush fails once, and the node stops",
            [Trouble(.failFlush(.anyone, isForever: false))],
            demands: [.neverSilentFor(3), .leaderChanges(atMost: 1), .evens(within: 4)]),
        Scenario(
            "flush-errors", row: 20, "all flushes of a follower fail, as often as it starts",
            [Trouble(.failFlush(.follower, isForever: true))],
            demands: [.keepsLeader, .neverSilentFor(0.5), .evens(within: 6)]),
    ]

    private static let ofDamage: [Scenario] = [
        Scenario(
            "rot-entry", row: 22, "an entry rots on one node",
            [Trouble(.rot(.anyone, .anEntry))],
            demands: [.repairs, .neverSilentFor(3), .recovers(within: 3), .evens(within: 3)]),
        Scenario(
            "rot-promise", row: 22, "the hard state rots on one node",
            [Trouble(.rot(.anyone, .hardState))],
            demands: [.noticesDamage, .neverSilentFor(3), .recovers(within: 3), .evens(within: 3)]),
        Scenario(
            "rot-each", row: 23, "another entry rots on each node",
            [Trouble(.rot(.all, .anEntry))],
            demands: [.repairs, .recovers(within: 8), .evens(within: 8)]),
        Scenario(
            "rot-same", row: 24, "the same entry rots on each node",
            [Trouble(.rot(.all, .theSameEntry))],
            demands: [.noticesDamage, .standsStill(after: 12)]),
        Scenario(
            "rollback", row: 25, "an old copy of a disk is put in its place",
            [Trouble(.rollback(.anyone))],
            demands: [.refusesDisk, .recovers(within: 3), .evens(within: 3)]),
        Scenario(
            "wipe", row: 26, "a disk is wiped",
            [Trouble(.wipe(.anyone))],
            demands: [
                .refusesDisk, .neverSilentFor(3), .leaderChanges(atMost: 1), .recovers(within: 3),
                .evens(within: 3),
            ]),
        Scenario(
            "renew", row: 26, "a disk is wiped, and its server admitted anew",
            [Trouble(.renew(.anyone))],
            demands: [
                .neverSilentFor(3), .leaderChanges(atMost: 1), .recovers(within: 3),
                .evens(within: 3), .readmits,
            ]),
    ]

    static let ofCallers: [Scenario] = [
        Scenario(
            "retry", row: 31, "callers ask again elsewhere while the leader dies", callers: 6,
            [
                Trouble(.kill(.leader), lasts: 4...10),
                Trouble(
                    .weather(loss: 50...200, duplication: 300, delay: 100, damage: 0),
                    lasts: 4...10),
            ],
            demands: [
                .answers(atLeast: 20), .answersWaiting(within: 3), .recovers(within: 3),
                .evens(within: 6),
            ]),
        Scenario(
            "evict", row: 31, "the sessions of all callers are evicted", callers: 6,
            [Trouble(.crowd)],
            demands: [
                .keepsLeader, .neverSilentFor(0.5), .tellsEvicted, .answersWaiting(within: 3),
            ]),
    ]
}
