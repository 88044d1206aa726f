/// A row of the fault matrix as a run: what happens to a calm cluster, and what it must do then.
///
/// Safety is checked as in every run. Times are in election timeouts.
struct Scenario: Sendable {
    let name: String
    /// Of the fault matrix, docs/internals/fault-matrix.md.
    let row: Int
    let summary: String
    /// Numbers of voters, of which one is drawn.
    let voters: [UInt64]
    let callers: Int
    let troubles: [Trouble]
    let demands: [Demand]

    init(
        _ name: String, row: Int, _ summary: String, voters: [UInt64] = [3, 5], callers: Int = 2,
        _ troubles: [Trouble], demands: [Demand]
    ) {
        self.name = name
        self.row = row
        self.summary = summary
        self.voters = voters
        self.callers = callers
        self.troubles = troubles
        self.demands = demands
    }

    /// All of them, in the order of the rows.
    static let all = (ofNodes + ofNetworks + ofClocks + ofDisks + ofCallers).sorted {
        $0.row < $1.row
    }

    /// The one with this name.
    static func named(_ name: String) -> Scenario? { all.first { $0.name == name } }
}

/// Something that goes wrong, and when.
struct Trouble: Sendable {
    let kind: Kind
    /// After the cluster has settled.
    let at: ClosedRange<Double>
    let lasts: ClosedRange<Double>

    init(_ kind: Kind, at: ClosedRange<Double> = 0...1, lasts: ClosedRange<Double> = 6...20) {
        self.kind = kind
        self.at = at
        self.lasts = lasts
    }

    /// Whom it happens to; who that is by number is drawn when it begins.
    enum Role: Sendable {
        case leader
        case follower
        case anyone
        /// As many followers as a quorum can spare.
        case minority
        /// The same number, the leader among them.
        case minorityWithLeader
        case majority
        case all
    }

    enum Kind: Sendable {
        /// They lose what is not durable, and start again in the end.
        case kill(Role)
        case pause(Role)
        /// Runs a tenth of the time.
        case throttle(Role)
        /// Nothing passes between them and the others.
        case part(Role)
        case links(Topology)
        /// In thousandths of all messages.
        case weather(loss: ClosedRange<UInt64>, duplication: UInt64, delay: UInt64, damage: UInt64)
        /// Every message from and to them takes so much longer, in thousandths of T.
        case lag(Role, ClosedRange<UInt64>)
        /// The link between the leader and a follower comes and goes, with this period.
        case flap(ClosedRange<Double>)
        /// Every node is clogged, one after the other, and released in another order.
        case swizzle
        /// In thousandths of the right rate.
        case skew(Role, [UInt64])
        case jump(Role, ClosedRange<Double>)
        /// Flushes take so much longer, in thousandths of T.
        case slowDisk(Role, ClosedRange<UInt64>)
        case fullDisk(Role)
        /// A flush fails, once or as often as the node starts, and the node stops.
        case failFlush(Role, isForever: Bool)
        /// The write under way is torn, which its checksum tells, or never happened.
        case tear(Role)
        /// Records rot while the node is down: of the same entry on all of them, or of others.
        case rot(Role, Rot)
        case rollback(Role)
        case wipe(Role)
        case renew(Role)
        /// All sessions are evicted by others.
        case crowd
    }

    enum Rot: Sendable {
        case hardState
        case anEntry
        case theSameEntry
    }
}
