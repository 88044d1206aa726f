import MultiPaxos

/// Applications that pull the same object again and again, and so take it from each other and from
/// the servers.
struct Duel: Sendable {
    /// How many applications.
    static let duellists = 2

    /// The name of the trace of each.
    static func trace(_ number: Int) -> String { "duellist-\(number)" }

    /// How one of them connects, given the name of its trace.
    let connection: @Sendable (String) -> NodeOptions
    /// Pulls the object once, and says whether it came to own it.
    let pull: @Sendable (Node) async -> Bool

    /// Pulls until that time; throws if none ever came to own the object, which troubles nobody.
    ///
    /// - Returns: how often each came to own it.
    func run(until end: UInt64) async throws(BenchError) -> [Int] {
        var nodes: [Node] = []
        do {
            for number in 1...Self.duellists {
                nodes.append(try Node.start(connection(Self.trace(number))))
            }
        } catch {
            for node in nodes { await node.shutdown() }
            throw BenchError("an application that pulls does not start: \(error)")
        }
        let counts = await withTaskGroup(of: (Int, Int).self) { group in
            for (number, node) in nodes.enumerated() {
                group.addTask { (number, await pulls(of: node, until: end)) }
            }
            var counts = [Int](repeating: 0, count: nodes.count)
            for await (number, count) in group { counts[number] = count }
            return counts
        }
        for node in nodes { await node.shutdown() }
        guard counts.contains(where: { $0 > 0 }) else {
            throw BenchError(
                "no application came to own the object: nothing was taken from anybody.",
                status: .invalid)
        }
        return counts
    }

    private func pulls(of node: Node, until end: UInt64) async -> Int {
        var count = 0
        while monotonicNow() < end {
            if await pull(node) { count += 1 }
            // A pull that fails at once must not become a busy loop.
            try? await Task.sleep(for: .milliseconds(1))
        }
        return count
    }
}
