internal import ADO

extension ObjectHost {
    /// What this replica says of itself; nothing if it stopped.
    func claims(_ group: UInt64) -> [DigestClaim] {
        guard box.quarantine == nil else { return [] }
        let points = states.points.suffix(2).map { point in
            DigestClaim(group: group, subject: .state, index: point.index, digest: point.digest)
        }
        guard let results else { return points }
        let last = DigestClaim(
            group: group, subject: .results, index: results.last, digest: results.digest)
        return [last] + points
    }

    /// Its digest of what a claim is about, at the claim's index; of results, where it is behind,
    /// at the last one it has.
    func digest(for claim: DigestClaim) -> DigestAnswer {
        switch claim.subject {
        case .results:
            guard let results else { return .none }
            let index = min(claim.index, results.last)
            return results[index].map { .digest(index: index, $0) } ?? .none
        case .state:
            return states[claim.index].map { .digest(index: claim.index, $0) } ?? .none
        }
    }

    /// Compares what another replica answered to a claim with what is held here, at the index of
    /// the answer; nil if it does not differ, or nothing is held there any more.
    func difference(
        _ claim: DigestClaim, from theirs: UInt64, at index: UInt64
    ) -> DigestDifference? {
        let place = DigestClaim(
            group: claim.group, subject: claim.subject, index: index, digest: theirs)
        guard case .digest(index, let own) = digest(for: place), own != theirs else { return nil }
        return DigestDifference(index: index, own: own, theirs: theirs)
    }
}

/// Where a replica of this node and one of another were found to differ, and their digests there.
struct DigestDifference: Sendable, Hashable {
    /// The last index at which they are known to agree: they began alike.
    var agreed: UInt64 = 0
    var index: UInt64
    var own: UInt64
    var theirs: UInt64
}
