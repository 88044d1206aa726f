/// Rows 1 to 6 and 17: nodes that stop, stand still or are slow.
extension Scenario {
    static let ofNodes: [Scenario] = [
        Scenario(
            "kill-follower", row: 1, "a follower is killed", callers: 0,
            [Trouble(.kill(.follower))],
            demands: [
                .keepsLeader, .neverSilentFor(0.5), .keepsPace(percent: 95), .endsWithoutStir,
                .evens(within: 3),
            ]),
        Scenario(
            "kill-leader", row: 2, "the leader is killed", [Trouble(.kill(.leader))],
            demands: [
                .serves(within: 3), .changesLeader, .leaderChanges(atMost: 1), .endsWithoutStir,
                .evens(within: 3),
            ]),
        Scenario(
            "kill-minority", row: 3, "two of five are killed, the leader among them", voters: [5],
            [Trouble(.kill(.minorityWithLeader))],
            demands: [
                .serves(within: 3), .changesLeader, .leaderChanges(atMost: 1), .evens(within: 3),
            ]),
        Scenario(
            "kill-majority", row: 4, "more than half are killed", [Trouble(.kill(.majority))],
            demands: [
                .commitsNothing, .saysNoQuorum(within: 2), .recovers(within: 3), .evens(within: 4),
            ]),
        Scenario(
            "kill-all", row: 4, "all are killed at once", [Trouble(.kill(.all))],
            demands: [.commitsNothing, .recovers(within: 3), .evens(within: 4)]),
        Scenario(
            "pause-leader", row: 5, "the leader is stopped and goes on", callers: 4,
            [Trouble(.pause(.leader), lasts: 0.5...300)],
            demands: [.serves(within: 3), .leaderChanges(atMost: 1), .evens(within: 3)]),
        Scenario(
            "pause-follower", row: 6, "a follower is stopped and goes on", callers: 0,
            [Trouble(.pause(.follower))],
            demands: [
                .keepsLeader, .neverSilentFor(0.5), .keepsPace(percent: 95), .endsWithoutStir,
            ]),
        Scenario(
            "pause-minority", row: 6, "two followers of five are stopped and go on", voters: [5],
            callers: 0,
            [Trouble(.pause(.minority))],
            demands: [
                .keepsLeader, .neverSilentFor(0.5), .keepsPace(percent: 95), .endsWithoutStir,
            ]),
        Scenario(
            "throttle-leader", row: 17, "the leader gets a tenth of the time",
            [Trouble(.throttle(.leader))],
            demands: [.serves(within: 4), .neverSilentFor(4), .leaderChanges(atMost: 2)]),
    ]
}
