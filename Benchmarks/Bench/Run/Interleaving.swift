/// How healthy and faulty windows take turns in one run.
package struct Interleaving: Sendable, Equatable {
    /// Seconds of each window.
    package var window: Double
    /// How many faulty windows.
    package var pairs: Int

    package init(window: Double, pairs: Int) {
        self.window = window
        self.pairs = pairs
    }

    /// The longest time between a healthy window and the fault, drawn anew for each: longer than
    /// any period of the servers.
    static let phaseMax = 1.0

    /// What mending may take until the run is given up, in seconds.
    static let mendingMax = 25.0

    /// Seconds that the run cannot exceed.
    var secondsMax: Double {
        Double(pairs) * (3 * window + Self.phaseMax + Self.mendingMax)
    }

    /// How long a pair waits for its fault, in seconds.
    func phase(of pair: Int, seed: UInt64) -> Double {
        let draw = mixed(seed &+ mixed(UInt64(pair) &+ 1))
        return Double(draw >> 11) * 0x1p-53 * Self.phaseMax
    }
}
