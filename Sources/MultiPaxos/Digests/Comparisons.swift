internal import ADO
internal import CMultiPaxos

/// Which objects of a node are to be compared with other nodes, and when.
///
/// Only the loop thread touches it.
struct Comparisons {
    /// Digests that all objects of a node hold together at most: 64 MiB.
    static let digestsMax = 8 << 20

    /// States that begin to be hashed in one round because their objects are at rest.
    private static let atRestMax = 64

    /// Objects that changed since the last round.
    private var due: [UInt64] = []
    /// Where objects were at the last round, until their state at rest is hashed.
    private var resting: [UInt64: UInt64] = [:]
    private var digestsHeld = 0
    /// An object whose state is to be hashed as it is now, after the batch applied last.
    private(set) var hashDue: UInt64?

    /// Remembers that an object has something to compare.
    mutating func mark(_ host: ObjectHost, of group: UInt64) {
        guard !host.isDue else { return }
        host.isDue = true
        due.append(group)
    }

    /// Notes that a batch was applied.
    mutating func applied(_ batch: mp_batch, _ host: ObjectHost) {
        mark(host, of: batch.group)
        if host.states.isDue(batch.first, batch.last) { hashDue = batch.group }
    }

    mutating func takeHashDue() -> UInt64? {
        defer { hashDue = nil }
        return hashDue
    }

    /// Sees to it that the next results push no digest out, as far as there is room.
    mutating func makeRoom(in host: ObjectHost, for count: Int) {
        guard let chain = host.results else { return }
        let wanted = chain.capacity(for: count)
        guard wanted > chain.capacity else { return }
        guard digestsHeld + wanted - chain.capacity <= Self.digestsMax else { return }
        digestsHeld += wanted - chain.capacity
        host.results?.grow(to: wanted)
    }

    /// Lets go of a host that another one replaces.
    mutating func forget(_ host: ObjectHost) {
        digestsHeld -= (host.results?.capacity ?? 0) - DigestChain().capacity
    }
}

// MARK: - Rounds

extension Comparisons {
    /// What is to be compared in this round, and whose state at rest is to be hashed.
    mutating func takeRound(
        of hosts: [UInt64: ObjectHost]
    ) -> (claims: [DigestClaim], atRest: [UInt64]) {
        let atRest = takeResting(hosts)
        var claims: [DigestClaim] = []
        for group in due {
            guard let host = hosts[group] else { continue }
            host.isDue = false
            claims += host.claims(group)
            if host.states[host.applied] == nil { resting[group] = host.applied }
        }
        due = []
        return (claims, atRest)
    }

    private mutating func takeResting(_ hosts: [UInt64: ObjectHost]) -> [UInt64] {
        var found: [UInt64] = []
        for (group, index) in resting {
            guard let host = hosts[group], host.applied == index, host.states[index] == nil else {
                resting[group] = nil
                continue
            }
            guard found.count < Self.atRestMax else { break }
            if host.states.isDueAtRest(index) { found.append(group) }
        }
        for group in found { resting[group] = nil }
        return found
    }
}

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
}
