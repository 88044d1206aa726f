internal import CMultiPaxos

/// What one timed run looks like; all of it follows from the seed.
struct Plan {
    var seed: UInt64
    var voters: UInt64 = 3
    var clients: UInt64 = 0
    var groups: [UInt64] = [1]
    var window: UInt32 = 4
    var fetchBytes: UInt64 = 1 << 20
    /// As low as makes a learner wait in logs as short as these; 0: as servers have it.
    var learnFloor: UInt64 = 0
    var batchesMax: UInt32 = 4096
    /// The election timeout, in virtual microseconds.
    var timeout = T
    var isFaulty = false
    /// How long there are faults.
    var trouble = 12 * T
    /// Between two things that proposers do, at most.
    var workPause = T / 6
    /// In thousandths: how often a member that does not own pulls.
    var rivalry: UInt64 = 250
    /// In thousandths: of an owner's doings, those that change who votes.
    var changes: UInt64 = 0
    /// The play that the run is about, if it is about one.
    var play: FaultClass?
    /// Whose votes count at first; nil: all.
    var founders: [UInt64]?
    /// Whether messages arrive in the order in which they left, as over TCP.
    var keepsOrder = false
    /// After the trouble only a quorum is healed, not everybody.
    var healsQuorumOnly = false
    /// Applications that call objects at the servers, with sessions.
    var callers = 0

    /// A deliberate mistake of the driver or of its disks.
    var plant: Plant?

    /// A run without faults.
    init(calm seed: UInt64, voters: UInt64) {
        self.seed = seed
        self.voters = voters
    }

    /// Draws everything, so that seeds differ in kind and not only in detail.
    init(faulty seed: UInt64) {
        var random = Random(seed: seed ^ 0xADAD)
        self.seed = seed
        isFaulty = true
        voters = [3, 3, 3, 5, 5, 2, 7][random.below(7)]
        clients = random.below(UInt64(3))
        groups = Array(1...(1 + random.below(UInt64(3))))
        window = [1, 2, 4, 16][random.below(4)]
        fetchBytes = [1, 300, 1 << 20][random.below(3)]
        // A share for each group and one more to lend, or enough for everything.
        batchesMax = random.chance(300) ? UInt32(groups.count + 1) * MP_SHARE : 4096
        timeout = [T, 500_000, 1_000_000, 2_000_000, 2_000_000][random.below(5)]
        trouble = timeout * [12, 12, 20, 60][random.below(4)]
        workPause = timeout / [6, 3, 12][random.below(3)]
        rivalry = [0, 30, 250][random.below(3)]
        changes = [0, 0, 0, 50, 200][random.below(5)]
        if changes > 0 { founders = Array(1...random.within(1...voters)) }
        healsQuorumOnly = changes == 0 && random.chance(300)
        callers = [0, 1, 3, 6][random.below(4)]
        if random.chance(200) {
            letRivalsPlay(voters: 4 + random.below(UInt64(2)), clients: random.below(UInt64(2)))
        } else if random.chance(60) {
            letOwnersBeOvertaken(isClient: random.chance(500))
        } else if random.chance(120) {
            switch random.below(3) {
            case 0: letQuorumsBeDisjoint(&random)
            case 1: letOwnersPlay(.learning, &random)
            default: letOwnersPlay(.rotten, &random)
            }
        } else if random.chance(45) {
            letPromisesOutlive(&random)
        } else if random.chance(30) {
            letDisksBeOutrun(&random)
        }
        drawLearnFloor()
    }

    /// From a stream of its own, so that it moves no other draws.
    ///
    /// The lowest is enough for what a voter may lack where voters must soon be equal again.
    private mutating func drawLearnFloor() {
        var random = Random(seed: seed ^ 0xF100)
        let inTimeout: UInt64 = [0, 0, 400_000, 100_000, 40_000][random.below(5)]
        learnFloor = inTimeout * 1_000 / timeout
    }

    /// Four voters are the fewest of which two changes of one voter leave disjoint quorums.
    private mutating func letRivalsPlay(voters: UInt64, clients: UInt64) {
        play = .rivals
        self.voters = voters
        founders = Array(1...4)
        self.clients = clients
        changes = 300
        // Long tails of one are overtaken by short ones of the other.
        if window < 4 { window = 16 }
        healsQuorumOnly = false
    }

    /// The voters beside the owner and the witness have to be a quorum.
    private mutating func letOwnersBeOvertaken(isClient: Bool) {
        play = .overtaken
        voters = isClient ? 3 : 5
        clients = isClient ? 1 : 0
        founders = nil
        changes = 0
        rivalry = 0
        if window < 4 { window = 16 }
    }

    /// Of four voters each owner takes the vote from one.
    private mutating func letQuorumsBeDisjoint(_ random: inout Random) {
        letOwnersPlay(.disjoint, &random)
        voters = 4
        founders = Array(1...4)
        changes = 300
    }

    /// With the promise of the proposer itself, if it is a server, one more is short of a quorum.
    private mutating func letPromisesOutlive(_ random: inout Random) {
        letOwnersPlay(.outlived, &random)
        clients = random.below(UInt64(2))
        voters = clients > 0 ? 3 : 5
        fetchBytes = 4096
        trouble = 12 * timeout
        callers = random.chance(500) ? 0 : callers
    }

    /// Two voters miss what the other three commit, more of it than is kept in memory.
    private mutating func letDisksBeOutrun(_ random: inout Random) {
        letOwnersPlay(.unstored, &random)
        voters = 5
        window = 16
        // As little is kept in memory as can be.
        batchesMax = UInt32(groups.count + 1) * MP_SHARE
        fetchBytes = 4096
        timeout = max(timeout, 500_000)
        trouble = 12 * timeout
    }

    /// Nobody else pulls, and an owner can have a long tail.
    private mutating func letOwnersPlay(_ play: FaultClass, _ random: inout Random) {
        self.play = play
        voters = [3, 3, 5][random.below(3)]
        clients = 0
        founders = nil
        changes = 0
        rivalry = 0
        if window < 4 { window = 16 }
        fetchBytes = [1, 300][random.below(2)]
        healsQuorumOnly = false
    }

    var configuration: Cluster.Configuration {
        var configuration = Cluster.Configuration()
        configuration.voters = voters
        configuration.clients = clients
        configuration.founders = founders
        configuration.window = window
        configuration.fetchBytes = fetchBytes
        configuration.learnFloor = learnFloor
        configuration.groupsMax = UInt32(groups.count)
        configuration.batchesMax = batchesMax
        configuration.timeout = timeout
        configuration.care.isThorough = false
        return configuration
    }
}

extension Plan: CustomStringConvertible {
    var description: String {
        "\(voters) voters, \(clients) clients, \(callers) callers, groups \(groups), "
            + "timeout \(timeout / 1000) ms, trouble \(trouble / 1000) ms, window \(window), "
            + "batches \(batchesMax), fetch \(fetchBytes), learn \(learnFloor), "
            + "work \(workPause / 1000) ms, "
            + "changes \(changes) from \(founders?.count ?? Int(voters)), "
            + "rivalry \(rivalry)\(play.map { ", \($0.rawValue)" } ?? "")"
            + "\(healsQuorumOnly ? ", heals only a quorum" : "")"
    }
}
