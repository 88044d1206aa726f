/// A kind of fault that a run may have; each run switches each kind on or off.
public enum FaultClass: String, CaseIterable, Sendable {
    /// Messages are lost.
    case loss
    /// Messages arrive twice.
    case duplication
    /// Messages arrive late, and so out of order.
    case delay
    /// Bytes of messages are flipped; the connection is reset.
    case corruption
    /// Links lose everything, in both directions or in one, among some nodes.
    case partition
    /// Links hold everything back, and then release it at once.
    case clog
    /// Nodes stop, and start again from what is durable.
    case crash
    /// A node stands still; what happens meanwhile happens to it at once afterwards.
    case pause
    /// A disk is slow.
    case slowDisk = "slow-disk"
    /// A disk is full.
    case fullDisk = "full-disk"
    /// A disk fails a flush, and its node stops.
    case flushError = "flush-error"
    /// A node starts with a damaged record, or with the one it was writing torn.
    case damage
    /// A node starts with an empty disk, or with an older one: it has no vote any more.
    case wipe
    /// A clock runs fast or slow.
    case skew
    /// A clock jumps forward.
    case jump
    /// Proposers without a vote die, and others come.
    case clients
    /// Two sides are parted again and again, and on each somebody pulls and changes the voters.
    case rivals
    /// A voter is down while others snapshot what they applied, trim their logs and start again.
    case trim
    /// An owner is parted from all but one voter, is overtaken, owns again, and only then gets the
    /// answers of that voter.
    case overtaken
    /// A node starts with an empty disk, and is admitted again: it votes where it is named.
    case renew
    /// Two owners change the voters, each unseen by the other, so that their quorums need not meet.
    case disjoint
    /// A voter fetches what is committed from an owner that is overtaken meanwhile.
    case learning
    /// A tail rots that others have replaced, before its node hears of it.
    case rotten
    /// A proposer keeps the promise of a directory that is gone, while its server is admitted anew.
    case outlived
    /// A voter learns faster than its disk writes, and is asked for what the disk does not have.
    case unstored

    /// Whether it is a play with parts, which a whole run is about.
    var isPlay: Bool {
        switch self {
        case .rivals, .overtaken, .disjoint, .learning, .rotten, .outlived, .unstored: true
        default: false
        }
    }
}
