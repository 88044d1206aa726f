internal import CMultiPaxos

/// How packets travel, and how connections break.
extension Simulation {
    func route(_ packet: Packet) {
        guard let from = cluster.place(of: packet.from), let to = cluster.place(of: packet.to),
            !cluster.members[from].isExiled, !cluster.members[to].isExiled
        else { return }
        if isCalm { return after(500, .arrive(packet, epoch: network.epoch(from, to))) }
        if random.chance(network.weather.loss) { return }
        if network.holds(packet, from, to) { return }
        if random.chance(network.weather.corruption) {
            return after(delay(), .arriveDamaged(packet))
        }
        let copies = random.chance(network.weather.duplication) ? 2 : 1
        for _ in 0..<copies {
            var wait = delay() + network.lag(from, to)
            if plan.keepsOrder { wait = network.inOrder(from, to, now + wait) - now }
            after(wait, .arrive(packet, epoch: network.epoch(from, to)))
        }
    }

    func delay() -> UInt64 {
        if isCalm { return 500 }
        return random.chance(network.weather.delay)
            ? random.within(1_000...timeout) : random.within(100...5_000)
    }

    func arrive(_ packet: Packet, _ epoch: UInt32) {
        guard let from = cluster.place(of: packet.from), let to = cluster.place(of: packet.to),
            epoch == network.epoch(from, to), !network.isCut(from, to), !isCut(packet)
        else { return }
        cluster.receiveHonest(packet)
    }

    private func isCut(_ packet: Packet) -> Bool {
        if cuts.isEmpty { return false }
        let link = Link(from: packet.from, to: packet.to)
        return cuts.values.contains { $0.contains(link) }
    }

    /// Bytes that were damaged must not pass for a message; the connection is reset.
    func arriveDamaged(_ packet: Packet) {
        if let text = packet.passesDamaged(cluster.configuration.core, &random) {
            cluster.fail(.wire, "\(packet) passes although \(text)")
        }
        guard let from = cluster.place(of: packet.from), let to = cluster.place(of: packet.to)
        else { return }
        network.reset(from, to)
        tell(packet.from, packet.to, reachable: false)
        after(random.within(1_000...timeout / 2), .reconnect(packet.from, packet.to))
    }

    /// Tells two members what they see of their connection.
    func tell(_ a: UInt64, _ b: UInt64, reachable: Bool) {
        for (node, other) in [(a, b), (b, a)] where cluster.voters.contains(other) {
            guard let place = cluster.place(of: node) else { continue }
            let member = cluster.members[place]
            if member.isUp { cluster.setReachable(other, reachable, at: node) }
        }
    }

    /// Loses everything on these links, until the cut with this number is healed.
    @discardableResult
    func cut(_ links: [Link]) -> Int {
        cutCount += 1
        cuts[cutCount] = links
        return cutCount
    }
}
