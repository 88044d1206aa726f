/// What a suite measures where nobody says.
package enum SuiteProfile: String, Sendable, CaseIterable {
    /// The faults that clusters are judged by, in about a quarter of an hour.
    case short
    /// Every scenario, in some hours.
    case long

    /// Nil: all that the servers can have.
    package var scenarios: [Scenario]? {
        switch self {
        case .short:
            let names = [
                "kill-follower", "kill-owner", "pause-owner", "slow-disk-follower",
                "slow-disk-owner",
            ]
            return names.compactMap(Scenario.init(named:))
        case .long: return nil
        }
    }

    /// Operations in flight of each step to the knee.
    package var ladder: [Int] {
        switch self {
        case .short: [16, 64, 256, 1024, 4096]
        case .long: Ladder.rungsDefault
        }
    }

    /// Seconds of a window.
    package var interleave: Double {
        switch self {
        case .short: 2.5
        case .long: 3
        }
    }

    /// Pairs of windows of a scenario at a load.
    package var pairs: Int {
        switch self {
        case .short: 6
        case .long: 20
        }
    }
}
