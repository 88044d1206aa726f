internal import ADO

/// Where a replica of this node and one of another were found to differ, and their digests there.
struct DigestDifference: Sendable {
    /// The last index at which they are known to agree: they began alike.
    var agreed: UInt64 = 0
    var index: UInt64
    var own: UInt64
    var theirs: UInt64
}

extension LoopState {
    /// Has objects compared again.
    func mark(_ groups: [UInt64]) {
        for group in groups {
            if let host = hosts[group] { comparisons.mark(host, of: group) }
        }
    }

    /// Compares what a peer answered with what is held here; nil if it does not differ.
    func compare(
        _ claim: DigestClaim, with theirs: UInt64, at index: UInt64
    ) -> DigestDifference? {
        guard let host = hosts[claim.group], host.box.quarantine == nil else { return nil }
        let place = DigestClaim(
            group: claim.group, subject: claim.subject, index: index, digest: theirs)
        guard case .digest(index, let own) = host.digest(for: place) else { return nil }
        guard own != theirs else { return nil }
        return DigestDifference(index: index, own: own, theirs: theirs)
    }

    /// Answers the claim of another node.
    func answer(_ claim: DigestClaim) -> DigestAnswer {
        guard let host = hosts[claim.group] else { return .none }
        if let reason = host.box.quarantine {
            return reason.divergence == nil ? .none : .stopped(reason)
        }
        return host.digest(for: claim)
    }

    /// What is held of an object's digest at one index, whether it stopped or not.
    func digest(_ claim: DigestClaim) -> UInt64? {
        guard case .digest(claim.index, let digest)? = hosts[claim.group]?.digest(for: claim) else {
            return nil
        }
        return digest
    }

    /// Keeps the digest of a state.
    func hashed(
        _ group: UInt64, _ index: UInt64, _ digest: UInt64, _ size: Int, _ time: Duration
    ) {
        guard let host = hosts[group] else { return }
        host.states.end(.init(index: index, digest: digest), size: size, took: time)
        comparisons.mark(host, of: group)
    }
}
