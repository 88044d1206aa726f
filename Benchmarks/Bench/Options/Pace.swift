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
    package var arrival = Arrival.fixed
    /// Operations that may be due and not submitted; beyond that they are shed.
    package var waitingMax = 100_000
    /// Decides the times of Poisson arrivals.
    package var seed: UInt64

    package init(rate: Double, seed: UInt64) {
        self.rate = rate
        self.seed = seed
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
