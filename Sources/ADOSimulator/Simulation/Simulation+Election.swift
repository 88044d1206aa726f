internal import CMultiPaxos

/// Who is elected.
extension Simulation {
    /// The node that a majority of those that are up take for elected; 0 if there is none.
    var leader: UInt64 {
        let votes = cluster.members.filter(\.isUp).map(\.serving)
        return votes.first { candidate in
            candidate != 0 && votes.count { $0 == candidate } >= (cluster.voters.count / 2 + 1)
        } ?? 0
    }

    /// How often anybody took over since a time.
    func takeovers(since time: UInt64) -> Int { servings.count { $0.time >= time } }
}
