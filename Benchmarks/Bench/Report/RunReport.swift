/// One run as `--json` writes it: the names of its properties are the names of the file.
package struct RunReport: Codable, Sendable {
    var scenario: Scenario
    var workload: Workload
    /// Who proposed: figures of different modes are not to be compared.
    var mode = "servers"
    /// The mode of a run of an application.
    static let application = "application"
    var protocolName = "multi-paxos"
    /// What is known of another system that was loaded; absent for ours.
    var peer: PeerFacts?
    var config: Config
    var machine: Machine
    var commit: String?
    var throughput_ops_s: Double = 0
    var latency_us = Latency()
    /// Operations answered with a result in the measured time.
    var ok: UInt64 = 0
    /// Operations that were definitely not done.
    var failed: UInt64 = 0
    /// Operations that were at some time not known to be done or not done.
    var unknown: UInt64 = 0
    /// Operations of an open loop that were due while too many waited: never submitted.
    var shed: UInt64 = 0
    /// What an open loop offered; absent for a closed loop.
    var open_load: OpenLoad?
    /// Of the unknown, those that were never settled by an answer; the log settles them.
    var unsettled: UInt64 = 0
    var acked_lost: UInt64 = 0
    /// The longest time without any acknowledged write, from the fault on.
    var unavailable_ms: Double?
    /// From the signal to the first write that was acknowledged after that time.
    var resumed_after_ms: Double?
    var owner = OwnerChange()
    var client = ClientFigures()
    var nodes: [NodeFigures] = []
    var keys = 0
    var timeline: [Timeline.Point] = []
    /// What a fault did to the throughput; absent without one.
    var recovery: Recovery?
    /// What the nodes' traces tell; absent without traces.
    var course: Course?
    /// Healthy and faulty windows that took turns; the timeline is of the pair in the middle then.
    var windows: Interleaved?
    var events: [Event] = []
    var verification = Verification()
    var verdict = Verdict()
    var status = ExitStatus.invalid
    /// Why the run is invalid or refuted.
    var reason: String?
    /// The figures of every run, where there was more than one; the rest is of the median run.
    var `repeat`: Repeats?

    enum CodingKeys: String, CodingKey {
        case scenario, workload, mode, peer, config, machine, commit, throughput_ops_s, latency_us
        case ok, failed, unknown, shed, open_load, unsettled, acked_lost, unavailable_ms,
            resumed_after_ms, owner
        case client, nodes, keys, timeline, recovery, course, windows, events, verification
        case verdict, status, reason
        case `repeat`
        case protocolName = "protocol"
    }
}

extension RunReport {
    struct Config: Codable, Sendable, Equatable {
        var replicas: Int
        var value_bytes: Int
        var in_flight: Int
        var clients: Int
        var keys: Int
        var seconds: Double
        var warmup_s: Double
        var election_timeout_ms: Int
        var call_timeout_ms: Int
        /// Bytes of a log between two snapshots; 0: none, and no log was trimmed.
        var snapshot_bytes: UInt64 = 0
        var servers: String
        var plant: String?
        /// True if the generator owned the object, else absent.
        var embedded_owner: Bool?
        /// Objects that were loaded; absent for one.
        var objects: Int?
        /// Hundredths of one core that each server could use; absent for as much as there was.
        var quota_percent: Int?
        /// How often each key was used.
        var distribution = Distribution.uniform
    }

    struct Machine: Codable, Sendable, Equatable {
        var cores: Int
        var kernel: String
        var architecture: String
        var memory_mib: Int
    }

    struct Latency: Codable, Sendable, Equatable {
        var p50: UInt64 = 0
        var p90: UInt64 = 0
        var p99: UInt64 = 0
        var p999: UInt64 = 0
        var max: UInt64 = 0
    }

    struct OpenLoad: Codable, Sendable, Equatable {
        var rate_ops_s: Double
        var arrival: Pace.Arrival
        /// Operations that became due in the measured time.
        var offered: UInt64 = 0
        /// Operations that may wait to be submitted.
        var waiting_max: Int
        /// Operations that waited when the measured time was over.
        var waiting_at_end: UInt64 = 0
        /// How much later than due operations were submitted.
        var submitted_late_us = Latency()
        var seed: UInt64

        init(_ pace: Pace) {
            rate_ops_s = pace.rate
            arrival = pace.arrival
            waiting_max = pace.waitingMax
            seed = pace.seed
        }
    }

    struct Owner: Codable, Sendable, Equatable {
        /// 0 if it is the generator.
        var node: UInt64
        /// `round.node`, or `round.cXXXX` with the last digits of a generator's id.
        var ballot: String
    }

    struct OwnerChange: Codable, Sendable, Equatable {
        var before: Owner?
        var after: Owner?
        /// The first server that was seen to take over from the victim.
        var taken_over_by: Owner?
        /// True if the generator owned the object, else absent.
        var embedded: Bool?
    }

    struct ClientFigures: Codable, Sendable, Equatable {
        var cpu_s: Double = 0
        /// CPU time per operation that was answered with a result.
        var cpu_us_op: Double = 0
    }

    struct NodeFigures: Codable, Sendable, Equatable {
        var node: UInt64
        /// What it was at the start of the measured time.
        var role: String
        var entries_s: Double
        var batches_s: Double
        var flushes_s: Double
        var cpu_s: Double
        var cpu_us_op: Double
        var lmdb_flags: [String]
        var durable: Bool
        var restarted: Bool
    }

    struct Event: Codable, Sendable, Equatable {
        var t_ms: Double
        var what: String
    }

    struct Repeats: Codable, Sendable, Equatable {
        var runs: Int
        var throughput_ops_s: [Double]
        var unavailable_ms: [Double]
        var p50_us: [UInt64]
        var statuses: [Int32]
        var median_throughput_ops_s: Double
        var median_unavailable_ms: Double?
        var median_p50_us: UInt64
        var each: [RunFigures] = []
    }
}
