/// Rows 7 to 13: networks that part, lose, slow down and flap.
extension Scenario {
    static let ofNetworks = ofPartitions + ofTopologies + ofWeather

    private static let ofPartitions: [Scenario] = [
        Scenario(
            "part-leader", row: 7, "a minority is parted from the rest, the leader in it",
            [Trouble(.part(.minorityWithLeader))],
            demands: [
                .serves(within: 3), .changesLeader, .saysNoQuorum(within: 2),
                .leaderChanges(atMost: 1),
                .endsWithoutStir, .evens(within: 3),
            ]),
        Scenario(
            "part-followers", row: 7, "a minority is parted from the rest, the leader not in it",
            [Trouble(.part(.minority))],
            demands: [
                .keepsLeader, .neverSilentFor(0.5), .saysNoQuorum(within: 2), .evens(within: 3),
            ]),
        Scenario(
            "isolate-follower", row: 8, "a follower is isolated, and comes back",
            [Trouble(.part(.follower))],
            demands: [
                .keepsLeader, .neverSilentFor(0.5), .endsWithoutStir, .recovers(within: 0.5),
            ]),
        Scenario(
            "isolate-leader", row: 8, "the leader is isolated, and comes back",
            [Trouble(.part(.leader))],
            demands: [
                .serves(within: 3), .changesLeader, .leaderChanges(atMost: 1), .endsWithoutStir,
                .recovers(within: 0.5),
            ]),
    ]

    private static let ofTopologies: [Scenario] = [
        partial("hub", 9, "every node reaches only one, which did not lead", .hub),
        partial("constrained", 9, "only a node that is behind reaches a quorum", .constrained),
        partial("chain", 9, "each node reaches its neighbours in a row", .chain),
        partial("overlapping", 9, "groups that overlap: 123, 235, 45, 14", .overlapping),
        partial("ring", 9, "each node reaches two others, in a ring", .ring),
        partial("bridge", 9, "two sides that one node connects", .bridge),
        partial("mute-leader", 10, "the leader is heard by nobody", .leaderIsMute),
        partial("deaf-leader", 10, "the leader hears nobody", .leaderIsDeaf),
        partial("mute-follower", 10, "a follower is heard by nobody", .followerIsMute),
    ]

    private static func partial(
        _ name: String, _ row: Int, _ summary: String, _ topology: Topology
    ) -> Scenario {
        Scenario(
            name, row: row, summary, voters: [5], [Trouble(.links(topology), lasts: 12...40)],
            demands: [
                // Until the candidate of that case is behind, 2 T pass.
                .serves(within: 4), .neverSilentFor(4), .leaderChanges(atMost: 2),
                .recovers(within: 3),
                .evens(within: 3),
            ])
    }

    private static let badWeather = Trouble(
        .weather(loss: 10...300, duplication: 100, delay: 100, damage: 2), lasts: 40...60)

    private static let ofWeather: [Scenario] = [
        Scenario(
            "loss", row: 11, "messages are lost, repeated, late, and damaged", callers: 4,
            [badWeather],
            demands: [
                .serves(within: 8), .answers(atLeast: 10), .recovers(within: 3), .evens(within: 3),
            ]),
        Scenario(
            "loss-pace", row: 11, "the same, and then no more", callers: 0, [badWeather],
            demands: [.serves(within: 8), .regainsPace(percent: 98, after: 3)]),
        Scenario(
            "lag-short", row: 12, "the leader is far away, by less than T there and back",
            [Trouble(.lag(.leader, 50...350))],
            demands: [.keepsLeader, .neverSilentFor(2), .endsWithoutStir]),
        Scenario(
            "lag-all", row: 12, "all links are slow, by less than T there and back",
            [Trouble(.lag(.all, 50...350))],
            demands: [.keepsLeader, .neverSilentFor(2), .endsWithoutStir]),
        Scenario(
            "lag-leader", row: 12, "the leader is farther away than T",
            [Trouble(.lag(.leader, 1_250...25_000), lasts: 12...40)],
            demands: [.serves(within: 4), .changesLeader, .leaderChanges(atMost: 2)]),
        Scenario(
            "lag-follower", row: 12, "a follower is farther away than T",
            [Trouble(.lag(.follower, 250...25_000))],
            demands: [.keepsLeader, .neverSilentFor(0.5), .endsWithoutStir]),
        Scenario(
            "flap", row: 13, "the link between the leader and a follower comes and goes",
            [Trouble(.flap(0.5...10), lasts: 20...60)],
            demands: [.neverSilentFor(4), .leaderChanges(atMost: 2), .recovers(within: 3)]),
        Scenario(
            "swizzle", row: 13, "all nodes are clogged and released, in different orders",
            [Trouble(.swizzle, lasts: 10...40)],
            demands: [.leaderChanges(atMost: 6), .recovers(within: 4), .evens(within: 3)]),
    ]
}
