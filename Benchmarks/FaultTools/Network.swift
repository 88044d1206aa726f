/// The links between the servers of a cluster, and from clients to them.
///
/// A pair of servers has one connection, which the one with the lower id makes.
package final class Network: Sendable {
    private struct Pair: Hashable {
        let low: UInt64
        let high: UInt64

        init(_ one: UInt64, _ other: UInt64) {
            low = min(one, other)
            high = max(one, other)
        }
    }

    private let nodes: [UInt64]
    private let links: [Pair: Link]
    private let entrances: [UInt64: Link]

    /// Makes a link for each pair of nodes, whose ports are given, and one for the clients to each.
    package init(_ ports: [UInt64: UInt16]) throws {
        nodes = ports.keys.sorted()
        var links: [Pair: Link] = [:]
        for (high, port) in ports {
            for low in nodes where low < high { links[Pair(low, high)] = try Link(to: port) }
        }
        self.links = links
        entrances = try ports.mapValues { try Link(to: $0) }
    }

    /// Where `node` finds `peer`; nil if it is the peer that connects.
    package func port(from node: UInt64, to peer: UInt64) -> UInt16? {
        node < peer ? links[Pair(node, peer)]?.port : nil
    }

    /// Where clients find a node.
    package func entrance(of node: UInt64) -> UInt16? { entrances[node]?.port }

    /// Puts a fault into what `from` sends to `to`.
    package func set(_ fault: LinkFault, from: UInt64, to: UInt64) {
        links[Pair(from, to)]?.set(fault, from < to ? .there : .back)
    }

    /// Puts a fault into what clients and a node send each other.
    package func setEntrance(of node: UInt64, _ fault: LinkFault, _ direction: LinkDirection) {
        entrances[node]?.set(fault, direction)
    }

    /// Breaks what clients have connected to a node, and refuses them.
    package func cutEntrance(of node: UInt64) {
        entrances[node]?.cut()
    }

    /// Breaks what is connected between servers; it may be connected again at once.
    package func interrupt(_ one: UInt64, _ other: UInt64) {
        links[Pair(one, other)]?.interrupt()
    }

    /// Turns a bit of what `from` sends to `to` next.
    package func corrupt(from: UInt64, to: UInt64) {
        links[Pair(from, to)]?.corrupt(from < to ? .there : .back)
    }

    /// Whether what was to be damaged has not come by yet.
    package var isCorrupting: Bool { links.values.contains { $0.isCorrupting } }

    /// Makes all links of servers whole.
    package func mend() {
        for link in links.values { link.mend() }
        for link in entrances.values { link.mend() }
    }
}

// MARK: - Shapes

extension Network {
    /// How a link fails.
    package enum Break: Sendable, CaseIterable {
        /// Whoever is connected gets an error, and whoever connects is refused.
        case cut
        /// Nothing arrives any more, and nobody is told.
        case silent
    }

    /// Leaves only the links between servers that are in one of the groups together.
    package func leave(_ groups: [[UInt64]], _ how: Break) {
        for (pair, link) in links {
            let isWhole = groups.contains { $0.contains(pair.low) && $0.contains(pair.high) }
            if isWhole {
                link.mend()
            } else {
                link.fail(how)
            }
        }
    }

    /// Separates `part` from the other servers.
    package func separate(_ part: [UInt64], _ how: Break) {
        leave([part, nodes.filter { !part.contains($0) }], how)
    }
}

extension Link {
    fileprivate func fail(_ how: Network.Break) {
        switch how {
        case .cut: cut()
        case .silent: set(.silence)
        }
    }
}
