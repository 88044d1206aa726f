internal import ADO
internal import CMultiPaxos
internal import CMultiPaxosUV
internal import Synchronization

// Replicas compare their digests beside the log, at indices of the log. In each round a node asks
// the others about the objects that changed; who differs looks for the first entry that does, and
// tells all.

extension NodeCore {
    /// Claims in one request.
    private static let claimsMax = 1024

    /// Compares the objects of this node with those of others, until it closes.
    func compareDigests() async {
        while !isClosed {
            try? await Task.sleep(for: options.electionTimeout)
            guard let round = await takeRound() else { return }
            guard !round.claims.isEmpty else { continue }
            await withTaskGroup(of: Void.self) { group in
                for peer in round.peers {
                    group.addTask { await self.compare(round.claims, with: peer) }
                }
            }
        }
    }

    private struct Round: Sendable {
        var claims: [DigestClaim]
        var peers: [UInt64]
    }

    /// Compares a replica that never was, before somebody is told its state.
    ///
    /// - Returns: Why it stopped, if it did.
    func compareFirst(_ group: UInt64) async -> Quarantine? {
        let fresh = await onLoop { [self] raw -> Round? in
            guard let host = loop.hosts[group], !host.wasCompared else { return nil }
            host.wasCompared = true
            return Round(claims: host.claims(group), peers: Array(comparable(raw).prefix(1)))
        }
        guard case .success(let round?) = fresh else { return nil }
        for peer in round.peers { await compare(round.claims, with: peer) }
        let reason = await onLoop { [loop] _ in loop.hosts[group]?.box.quarantine }
        return (try? reason.get()) ?? nil
    }

    /// `nil` once the node is closed.
    private func takeRound() async -> Round? {
        let round = await onLoop { [self] raw in
            let (claims, atRest) = loop.comparisons.takeRound(of: loop.hosts)
            for group in atRest { hashState(group) }
            return Round(claims: claims, peers: comparable(raw))
        }
        switch round {
        case .success(let round): return round
        case .failure(let error): return error.code == .busy ? Round(claims: [], peers: []) : nil
        }
    }

    /// The servers to compare with: a server does with all that are connected, a client with one.
    private func comparable(_ raw: OpaquePointer) -> [UInt64] {
        var connected: [UInt64] = []
        var position: UInt32 = 0
        var view = mp_uv_peer_view()
        while mp_uv_node_peer(raw, position, &view) {
            position += 1
            if view.connected, !view.`self` { connected.append(view.node) }
        }
        guard !options.isServer else { return connected }
        var stats = mp_uv_stats()
        mp_uv_node_stats(raw, &stats)
        return connected.contains(stats.serving) ? [stats.serving] : Array(connected.prefix(1))
    }

    /// Claims that a peer did not answer are due again.
    private func compare(_ claims: [DigestClaim], with peer: UInt64) async {
        var rest = claims[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(Self.claimsMax))
            rest = rest.dropFirst(part.count)
            guard let answers: [DigestAnswer] = await ask(peer, .digests(part)),
                answers.count == part.count
            else {
                _ = await onLoop { [loop] _ in loop.mark(claims.map(\.group)) }
                return
            }
            for (claim, answer) in zip(part, answers) {
                await take(answer, to: claim, from: peer)
            }
        }
    }

    private func ask<Answer: BinaryCodable>(
        _ peer: UInt64, _ request: AdminRequest
    ) async -> Answer? {
        let reply = await ask(peer, request.encoded(), options.electionTimeout)
        guard reply.outcome == .ok else { return nil }
        return try? Answer.decoded(from: reply.payload)
    }
}

// MARK: - Answers

extension NodeCore {
    private func take(
        _ answer: DigestAnswer, to claim: DigestClaim, from peer: UInt64
    ) async {
        switch answer {
        case .none: return
        case .stopped(let reason): await stop(claim.group, reason)
        case .digest(0, _): return  // Of nothing.
        case .digest(let index, let theirs):
            let found = await onLoop { [loop] _ in
                loop.compare(claim, with: theirs, at: index)
            }
            guard case .success(let difference?) = found else { return }
            let reason = await locate(difference, claim, peer)
            await stop(claim.group, reason)
            for node in options.voters.map(\.node) where node != options.node {
                guard options.isServer else { break }
                let _: Bool? = await ask(node, .stop(group: claim.group, reason))
            }
        }
    }

    /// Finds the first entry at which this replica and a peer's differ, and what it calls.
    private func locate(
        _ difference: DigestDifference, _ claim: DigestClaim, _ peer: UInt64
    ) async -> Quarantine {
        let difference =
            claim.subject == .results
            ? await firstResult(difference, claim.group, peer)
            : await firstState(difference, claim.group, peer)
        let isExact = difference.index == difference.agreed + 1
        let method = isExact ? await methodName(claim.group, difference.index, peer) : ""
        let own = await nodeID()
        return Quarantine(
            Divergence(
                of: claim.subject, agreed: difference.agreed, index: difference.index,
                method: method, between: .init(node: own, digest: difference.own),
                and: .init(node: peer, digest: difference.theirs)))
    }

    private func firstResult(
        _ difference: DigestDifference, _ group: UInt64, _ peer: UInt64
    ) async -> DigestDifference {
        var found = difference
        var search = DigestSearch(agreed: found.agreed, differing: found.index)
        while let index = search.next {
            let pair = await digests(.results, group, index, peer)
            search.compared(pair.map { $0.own == $0.theirs })
            if let pair, pair.own != pair.theirs { (found.own, found.theirs) = pair }
        }
        (found.agreed, found.index) = (search.agreed, search.index)
        return found
    }

    private func firstState(
        _ difference: DigestDifference, _ group: UInt64, _ peer: UInt64
    ) async -> DigestDifference {
        var found = difference
        let points = await onLoop { [loop] _ in loop.hosts[group]?.states.points.map(\.index) }
        guard case .success(let indices?) = points else { return found }
        for index in indices where index < difference.index {
            guard let pair = await digests(.state, group, index, peer) else { continue }
            guard pair.own == pair.theirs else {
                (found.own, found.theirs) = pair
                found.index = index
                break
            }
            found.agreed = index
        }
        return found
    }

    /// Both digests at one index; nil if one of the two does not hold it.
    private func digests(
        _ subject: Divergence.Subject, _ group: UInt64, _ index: UInt64, _ peer: UInt64
    ) async -> (own: UInt64, theirs: UInt64)? {
        let place = DigestClaim(group: group, subject: subject, index: index, digest: 0)
        let own = await onLoop { [loop] _ in loop.digest(place) }
        guard case .success(let digest?) = own else { return nil }
        let answer: DigestAnswer? = await ask(peer, .digest(place))
        guard case .digest(index, let theirs)? = answer else { return nil }
        return (digest, theirs)
    }

    /// What an entry calls, as far as a log that is near still holds it.
    private func methodName(_ group: UInt64, _ index: UInt64, _ peer: UInt64) async -> String {
        for node in options.isServer ? [options.node, peer] : [peer] {
            let entry = Mutex<[UInt8]?>(nil)
            _ = try? await fetchEnd(group, from: node, at: index, bytes: 1, waits: false) { frame in
                let call = frame.payload(of: index)
                entry.withLock { $0 = call ?? $0 }
            }
            guard let call = entry.withLock({ $0 }) else { continue }
            let name = await onLoop { [loop] _ in
                call.withUnsafeBytes { loop.hosts[group]?.name(ofCall: $0) }
            }
            if case .success(let name?) = name { return name }
        }
        return ""
    }

    private func nodeID() async -> UInt64 {
        guard !options.isServer, case .success(let id) = await onLoop({ mp_uv_node_id($0) }) else {
            return options.node
        }
        return id
    }
}

// MARK: - Stopping

extension NodeCore {
    private func stop(_ group: UInt64, _ reason: Quarantine) async {
        await withCheckedContinuation { continuation in
            let status = run { [self] in
                stopHere(group, reason)
                continuation.resume()
            }
            if status != MP_OK { continuation.resume() }
        }
    }

    /// Stops the replica of an object, on the loop thread; whoever owns it here owns it no more.
    func stopHere(_ group: UInt64, _ reason: Quarantine) {
        guard let host = loop.hosts[group], host.box.quarantine == nil else { return }
        host.box.stop(reason)
        owned.withLock { $0[group] = nil }
        let title = loop.names[group].map { "\($0.type)/\($0.name)" } ?? ""
        options.onLog?(.error, "object \(title): \(reason)")
    }
}

// MARK: - States

extension NodeCore {
    /// Hashes the state of an object as it is now, on another thread.
    func hashState(_ group: UInt64) {
        guard let host = loop.hosts[group], let encode = host.stateEncoder() else { return }
        host.states.begin()
        let index = host.applied
        Task.detached(priority: .utility) { [self] in
            let start = ContinuousClock.now
            guard let (digest, size) = digest(encode) else { return }
            let time = ContinuousClock.now - start
            while MP_BUSY == run({ [loop] in loop.hashed(group, index, digest, size, time) }) {
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    /// The hash of what is encoded, and its size; `nil` once the node is closed.
    private func digest(_ encode: (inout Writer) -> Void) -> (UInt64, Int)? {
        func hash(_ bytes: UnsafeRawBufferPointer) -> (UInt64, Int) {
            (mp_hash_seeded(bytes.baseAddress, bytes.count, 0), bytes.count)
        }
        guard let spool = makeSpool() else { return nil }
        if spool.fill(encode) == nil { return spool.withBytes(hash) }
        // There is no room for a spool: in memory.
        var writer = Writer()
        encode(&writer)
        return writer.withUnsafeBytes(hash)
    }
}
