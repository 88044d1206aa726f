/// How often an open loop submits, over all clients.
package struct Pace: Sendable, Equatable {
    /// How the operations are spread over time.
    package enum Arrival: String, Sendable, Codable, CaseIterable {
        /// The same time between any two.
        case fixed
        /// Independent of each other.
        case poisson
    }

    /// Operations per second.
    package var rate: Double
    package var arrival: Arrival
    /// Operations that may be due and not submitted; beyond that they are shed.
    package var waitingMax: Int
    /// Decides the times of Poisson arrivals.
    package var seed: UInt64

    /// - Parameter seed: Drawn if nil.
    package init(
        rate: Double, seed: UInt64?, arrival: Arrival = .fixed, waitingMax: Int = 100_000
    ) {
        self.rate = rate
        self.seed = seed ?? .random(in: 0..<1 << 53)
        self.arrival = arrival
        self.waitingMax = waitingMax
    }

    /// The share of one client.
    ///
    /// At a fixed rate the clients take turns.
    func arrivals(of client: Int, among clients: Int, start: UInt64) -> Arrivals {
        let offset = UInt64(Double(client) * 1e9 / rate)
        return Arrivals(
            rate: rate / Double(clients),
            process: arrival == .fixed ? .fixed : .poisson(seed: mixed(seed &+ UInt64(client))),
            waitingMax: max(1, waitingMax / clients), start: start + offset)
    }
}
