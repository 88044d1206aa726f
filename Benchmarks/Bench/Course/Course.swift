/// How a run went inside the cluster, as the nodes' own traces tell it.
struct Course: Sendable, Equatable, Codable {
    /// A time in which one node owned the object: from the end of its pull to that of the next.
    struct Tenure: Sendable, Equatable, Codable {
        var t_ms: Double
        var node: UInt64
        /// `round.node`.
        var ballot: String
    }

    /// How many entries a node was behind the node that had committed most, at the end of each
    /// window of 100 ms.
    struct Lag: Sendable, Equatable, Codable {
        var node: UInt64
        var entries: [UInt64]
    }

    /// What a fault led to, in milliseconds of the measured time; nil is never, or not yet.
    struct Markers: Sendable, Equatable, Codable {
        var injected_ms: Double
        /// A node that was not hit stopped to believe in the one that served.
        var detected_ms: Double?
        /// Another node knew that it was elected to serve.
        var elected_ms: Double?
        /// The first entry of a new owner was committed.
        var first_commit_ms: Double?
        var healed_ms: Double
        /// Every node that was hit had committed what anybody had when the fault was healed.
        var caught_up_ms: Double?
    }

    var tenures: [Tenure] = []
    var lag: [Lag] = []
    var markers: Markers?

    /// How often the owner changed in the measured time.
    var ownerChanges: Int { max(0, tenures.count - 1) }
}
