/// What a scenario requires beyond safety.
///
/// Times are in election timeouts.
enum Demand: Sendable {
    /// Something is committed so soon after the trouble began.
    case serves(within: Double)
    /// While the trouble lasts, from `after` on, commits are never further apart.
    case neverSilentFor(Double, after: Double = 0)
    /// Nothing is committed while the trouble lasts, but what was under way.
    case commitsNothing
    /// Nothing is committed any more, not after the trouble either, from so soon after its end on.
    case standsStill(after: Double)
    /// Commits come as often as before, in hundredths; for runs without callers, who are erratic.
    case keepsPace(percent: Int)
    /// The same once the trouble is over for so long.
    case regainsPace(percent: Int, after: Double)
    /// The leader stays.
    case keepsLeader
    /// Somebody else leads at the end of the trouble.
    case changesLeader
    /// How often a majority changes its mind, from the beginning of the trouble until it ends.
    case leaderChanges(atMost: Int)
    /// Once the trouble is over the leader stays.
    case endsWithoutStir
    /// A node without a quorum is told so when it pulls.
    case saysNoQuorum(within: Double)
    /// The owner refuses calls because its disk is full, and answers reads.
    case saysFull
    /// Those that started with a damaged record have noticed, and give no vote.
    case noticesDamage
    /// What was damaged is whole again, and votes.
    case repairs
    /// The others refuse those whose disk is not what it was.
    case refusesDisk
    /// Those that were admitted anew vote.
    case readmits
    /// Something is committed so soon after the end of the trouble.
    case recovers(within: Double)
    /// All voters are equal so soon after the end of the trouble.
    case evens(within: Double)
    /// Callers get so many answers.
    case answers(atLeast: Int)
    /// Callers that wait at the end of the trouble, and ask again, have an answer so soon after it.
    case answersWaiting(within: Double)
    /// Callers whose session was evicted are told so, if they did not take another one before.
    case tellsEvicted
}
