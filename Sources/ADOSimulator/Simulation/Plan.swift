internal import CMultiPaxos

/// What one timed run looks like.
///
/// All of it follows from the seed.
struct Plan {
    var seed: UInt64
    var voters: UInt64 = 3
    var clients: UInt64 = 0
    var groups: [UInt64] = [1]
    var window: UInt32 = 4
    var fetchBytes: UInt64 = 1 << 20
    var batchesMax: UInt32 = 4096
    var isFaulty = false
    /// In thousandths.
    var loss: UInt64 = 0
    var duplication: UInt64 = 0
    var tardiness: UInt64 = 0
    var crashes: UInt64 = 0
    var partitions: UInt64 = 0
    var fullness: UInt64 = 0
    /// Of an owner's doings, those that change who votes.
    var changes: UInt64 = 0
    /// Whose votes count at first; nil: all.
    var founders: [UInt64]?
    /// How long there are faults.
    var trouble: UInt64 = 12 * T

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
        voters = random.chance(600) ? 3 : 5
        clients = random.below(UInt64(3))
        groups = Array(1...(1 + random.below(UInt64(3))))
        window = [1, 2, 4, 16][random.below(4)]
        fetchBytes = [1, 300, 1 << 20][random.below(3)]
        loss = [0, 0, 10, 50, 200][random.below(5)]
        duplication = [0, 50, 300][random.below(3)]
        tardiness = [0, 20, 200][random.below(3)]
        crashes = [0, 300, 600][random.below(3)]
        partitions = [0, 300, 600][random.below(3)]
        fullness = [0, 0, 300][random.below(3)]
        batchesMax = random.chance(300) ? 64 : 4096
        changes = [0, 0, 50, 200][random.below(4)]
        if changes > 0 { founders = Array(1...random.within(1...voters)) }
    }

    var configuration: Cluster.Configuration {
        var configuration = Cluster.Configuration()
        configuration.voters = voters
        configuration.clients = clients
        configuration.founders = founders
        configuration.window = window
        configuration.fetchBytes = fetchBytes
        configuration.batchesMax = batchesMax
        configuration.care.isThorough = false
        return configuration
    }
}

extension Plan: CustomStringConvertible {
    var description: String {
        "\(voters) voters, \(clients) clients, groups \(groups), window \(window), loss \(loss), "
            + "duplication \(duplication), tardiness \(tardiness), crashes \(crashes), "
            + "partitions \(partitions), fullness \(fullness), batches \(batchesMax), "
            + "fetch \(fetchBytes), changes \(changes) from \(founders?.count ?? Int(voters))"
    }
}
