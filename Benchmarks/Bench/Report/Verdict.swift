/// A verdict of the report: true, false, or "incomplete" where nobody judged.
enum Tristate: Sendable, Equatable, Codable {
    case holds
    case fails
    case incomplete

    init(_ holds: Bool) { self = holds ? .holds : .fails }

    /// What can be said of all of several.
    static func weakest(_ all: [Tristate]) -> Tristate {
        if all.contains(.fails) { return .fails }
        return all.contains(.incomplete) ? .incomplete : .holds
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let holds = try? container.decode(Bool.self) {
            self = Tristate(holds)
            return
        }
        self = .incomplete
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .holds: try container.encode(true)
        case .fails: try container.encode(false)
        case .incomplete: try container.encode("incomplete")
        }
    }
}

/// What the evidence proves.
struct Verdict: Sendable, Equatable, Codable {
    var acked_lost: UInt64 = 0
    var duplicated: UInt64 = 0
    var digests_agree = Tristate.incomplete
    /// Of the counter workload: its value is the number of additions in the log.
    var counters_add_up = Tristate.incomplete
    /// Every result is the one that applying each request of the log once gives.
    var results_match_log = Tristate.incomplete
    /// What is read at the end is what the log says.
    var state_matches_log = Tristate.incomplete
    var linearizable = Tristate.incomplete
    var refines_ado = Tristate.incomplete
    /// Of two-phase commit: all resource managers have committed the same transactions.
    var atomic: Tristate?
}

/// What the verification looked at.
struct Verification: Sendable, Equatable, Codable {
    struct Log: Sendable, Equatable, Codable {
        var node: UInt64
        var entries: UInt64
        var applied: UInt64
        var suppressed: UInt64
        var offences: [String: UInt64]
    }

    /// Of which keys an order of the operations was searched without the log.
    struct Searched: Sendable, Equatable, Codable {
        var keys = 0
        var operations = 0
        /// Keys that were too hard.
        var undecided = 0
    }

    var acknowledged: UInt64 = 0
    var logs: [Log] = []
    var values_read: Int = 0
    /// Records of the nodes' traces that were judged.
    var trace_records: Int = 0
    /// Records that killed nodes did not write, rebuilt from the log.
    var trace_records_rebuilt: Int = 0
    var searched = Searched()
    /// Why a part of the verdict is incomplete, in sentences.
    var not_judged: [String] = []
    var seconds: Double = 0
    /// The first offences, in sentences.
    var offences: [String] = []
}
