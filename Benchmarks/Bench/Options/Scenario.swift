/// What happens to the servers while the load runs, as data: a name, a line, and the trouble.
package struct Scenario: Sendable, Equatable {
    /// How the command line and the report name it.
    package let name: String
    /// What happens, in one line.
    package let summary: String
    let trouble: Trouble
    /// Fewer servers cannot have it, or it would say nothing of them.
    let replicasMin: Int
    /// Whether another server must own the object afterwards for the run to mean anything.
    let expectsNewOwner: Bool

    fileprivate init(
        _ name: String, _ summary: String, _ trouble: Trouble, replicasMin: Int = 3,
        expectsNewOwner: Bool = false
    ) {
        self.name = name
        self.summary = summary
        self.trouble = trouble
        self.replicasMin = replicasMin
        self.expectsNewOwner = expectsNewOwner
    }

    /// The scenario of this name.
    package init?(named name: String) {
        guard let scenario = Self.all.first(where: { $0.name == name }) else { return nil }
        self = scenario
    }

    /// Reads names that are separated by commas.
    package static func list(_ names: String) throws(BenchError) -> [Scenario] {
        var found: [Scenario] = []
        for name in names.split(separator: ",") {
            guard let scenario = Scenario(named: String(name)) else {
                throw .usage("--scenarios \(name) is none: adobench scenarios lists them.")
            }
            found.append(scenario)
        }
        return found
    }

    /// Whether something is done to the servers.
    package var injectsFault: Bool { trouble != .none }

    /// Whether it can happen several times in one run.
    var canRepeat: Bool {
        switch trouble {
        case .none, .late, .clientCrash, .rolling: false
        default: true
        }
    }

    /// A line for each scenario.
    package static func list() -> [String] {
        all.map { scenario in
            let servers = scenario.replicasMin > 3 ? " (\(scenario.replicasMin) replicas)" : ""
            return padRight(scenario.name, 20) + scenario.summary + servers
        }
    }

    /// Every scenario that runs with these options can have.
    package static func all(for options: RunOptions) -> [Scenario] {
        all.filter { scenario in
            var options = options
            options.scenario = scenario
            if case .overload = scenario.trouble { options.pace = Pace(rate: 1000, seed: 0) }
            do throws(BenchError) {
                try options.validate()
                return true
            } catch {
                return false
            }
        }
    }
}

// MARK: - The scenarios

extension Scenario {
    package static let steady = Scenario("steady", "nothing fails", .none, replicasMin: 1)
    static let killOwner = Scenario(
        "kill-owner", "the server that owns the object is killed, and started again",
        .kill(.owner), expectsNewOwner: true)
    static let killFollower = Scenario(
        "kill-follower", "another server is killed, and started again", .kill(.follower))
    static let pauseOwner = Scenario(
        "pause-owner", "the server that owns the object stands still, and goes on",
        .pause(.owner), expectsNewOwner: true)

    /// All of them, as they are listed.
    package static let all = [steady] + ofProcesses + ofLinks + ofDisks + ofLoads

    private static let ofProcesses = [
        killOwner, killFollower,
        Scenario(
            "kill-minority", "as many as the rest does without are killed, the owner among them",
            .kill(.minority), replicasMin: 5, expectsNewOwner: true),
        Scenario(
            "kill-majority", "a majority is killed, the owner in it, and started again",
            .kill(.majority)),
        Scenario("kill-all", "all servers are killed, and started again", .kill(.all)),
        pauseOwner,
        Scenario("pause-follower", "another server stands still, and goes on", .pause(.follower)),
        Scenario("pause-majority", "a majority stands still, the owner in it", .pause(.majority)),
        Scenario("pause-all", "all servers stand still, and go on", .pause(.all)),
        Scenario(
            "restart-owner", "the server that owns the object stops in order, and starts again",
            .restart(.owner)),
        Scenario(
            "restart-follower", "another server stops in order, and starts again",
            .restart(.follower)),
        Scenario(
            "rolling-restart",
            "each server in turn stops in order and starts again, the owner last",
            .rolling),
        Scenario(
            "late-replica", "a server that was dead since before the load is started", .late),
    ]

    private static let ofLinks = [
        Scenario(
            "isolate-owner", "no other server hears the owner, nor it them",
            .partition(.ownerAlone), expectsNewOwner: true),
        Scenario(
            "isolate-follower", "a follower and the other servers do not hear each other",
            .partition(.followerAlone)),
        Scenario(
            "mute-owner", "the owner hears the other servers, and they do not hear it",
            .partition(.ownerIsMute), expectsNewOwner: true),
        Scenario(
            "deaf-owner", "the other servers hear the owner, and it does not hear them",
            .partition(.ownerIsDeaf), expectsNewOwner: true),
        Scenario(
            "hub", "every server hears only one, which did not own the object", .partition(.hub),
            replicasMin: 5, expectsNewOwner: true),
        Scenario(
            "constrained", "the owner is alone, and of the others only one hears a quorum",
            .partition(.constrained), replicasMin: 5, expectsNewOwner: true),
        Scenario("chain", "each server hears its neighbours in a row", .partition(.chain)),
        Scenario(
            "slow-links-owner", "all between the owner and the others takes 20 ms longer",
            .slowLinks(.owner, milliseconds: 20)),
        Scenario(
            "slow-links-follower", "all between a follower and the others takes 100 ms longer",
            .slowLinks(.follower, milliseconds: 100)),
        Scenario(
            "flapping-links", "connections between servers break five times a second",
            .flappingLinks),
    ]

    private static let ofDisks = [
        Scenario(
            "slow-disk-owner", "each flush of the owner takes 400 ms longer",
            .slowDisk(.owner, milliseconds: 400), expectsNewOwner: true),
        Scenario(
            "slow-disk-follower", "each flush of a follower takes 400 ms longer",
            .slowDisk(.follower, milliseconds: 400)),
        Scenario(
            "full-disk-owner", "the owner's disk is full; later there is room again",
            .fullDisk(.owner)),
        Scenario(
            "full-disk-follower", "a follower's disk is full; later there is room again",
            .fullDisk(.follower)),
    ]

    private static let ofLoads = [
        Scenario(
            "duel", "two applications pull the object again and again", .duel),
        Scenario(
            "client-crash", "one of several clients is gone in the middle of its calls",
            .clientCrash),
        Scenario(
            "overload",
            "3.75 times as many operations are due: from 80 % of the knee three times it",
            .overload(factor: 3.75)),
    ]
}

extension Scenario: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let name = try container.decode(String.self)
        guard let scenario = Scenario(named: name) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "there is no scenario \(name)")
        }
        self = scenario
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
