internal import CMultiPaxos

/// One node of a cluster under test: its replica, its disk, and what its driver would keep.
final class Member {
    let id: UInt64
    let votes: Bool
    /// Nil while the node is down.
    var replica: Replica?
    var disk = Disk()
    /// Frames in memory, by group, as the core told to keep them.
    var memory = SmallMap<FrameList>()
    /// Messages that wait for a write.
    var held: [(write: UInt64, packet: Packet)] = []
    var applied = SmallMap<UInt64>()
    /// What was reported since the test last looked.
    var outcomes: [mp_outcome] = []
    var deadline: UInt64 = 0
    var lastWrite: UInt64 = 0
    var promised = SmallMap<mp_ballot>()
    var clock = Clock()
    /// Whether it was told that its disk has no room.
    var isFull = false
    /// Its disk was wiped or rolled back: every other node refuses it.
    var isExiled = false
    /// How often it was admitted anew, with a new disk.
    var generation: UInt32 = 0
    /// The admissions that logs begin with at this node.
    var admissions: UInt32 = 0
    /// Whether its disk was lost since it last started.
    private(set) var isReborn = false
    /// Groups of which the hard state did not load; they stay lost.
    var lost: Set<UInt64> = []
    /// What it had before its disk was wiped: what it promised then still counts.
    private var formerDisks: [Disk] = []

    init(id: UInt64, votes: Bool) {
        self.id = id
        self.votes = votes
    }

    var isUp: Bool { replica != nil }

    /// Whether its vote in a group counts.
    func hasVote(_ group: UInt64) -> Bool { votes && !isExiled && !lost.contains(group) }

    /// Whether it has, or had before its disk was lost, this batch.
    func holdsDurably(_ frame: Frame, _ group: UInt64) -> Bool {
        disk.holds(frame, group) || formerDisks.contains { $0.holds(frame, group) }
    }

    /// Damages a stored record while the node is down: a frame, or the hard state.
    func damageDisk(_ group: UInt64, frame: Int?) -> Bool {
        let before = disk
        guard disk.damage(group, frame: frame) else { return false }
        formerDisks.append(before)
        forgetMemory()
        return true
    }

    /// Tears the write under way; false if there is no frame in it.
    func tearNextWrite() -> Bool {
        let before = disk
        guard disk.tearNext() else { return false }
        formerDisks.append(before)
        return true
    }

    /// Puts another disk in its place.
    func lose(_ now: Disk) {
        formerDisks.append(disk)
        disk = now
        disk.crash()
        isExiled = true
        lost = []
        forgetMemory()
    }

    /// Puts an empty disk in its place, which has no vote until logs name the generation.
    func renew(generation: UInt32) {
        lose(Disk())
        isExiled = false
        isReborn = true
        self.generation = generation
    }

    /// What a start says of the disk, once.
    func takeLoss() -> Bool {
        defer { isReborn = false }
        return isExiled || isReborn
    }

    func view(_ group: UInt64 = 1) -> mp_group_view { replica?.view(group) ?? mp_group_view() }

    var owns: Bool { view().role == MP_OWNING }

    /// The node that this one believes to be elected.
    var serving: UInt64 { replica?.serving ?? 0 }

    /// The frame that starts at `first`, in memory or on disk.
    func frame(_ group: UInt64, first: UInt64) -> Frame? {
        memory[group]?.frame(first: first) ?? disk.frame(group, first: first)
    }

    func frame(_ group: UInt64, holding index: UInt64) -> Frame? {
        memory[group]?.frame(holding: index) ?? disk.frame(group, holding: index)
    }

    /// The texts of the node's log in memory and on disk, committed or not.
    func log(_ group: UInt64 = 1) -> [String] {
        var texts: [String] = []
        var index: UInt64 = 1
        let tip = view(group).tip.index
        while index <= tip, let frame = frame(group, holding: index) {
            texts += frame.texts
            index = frame.batch.last + 1
        }
        return texts
    }

    /// Takes the outcomes reported so far.
    func takeOutcomes() -> [mp_outcome] {
        defer { outcomes = [] }
        return outcomes
    }

    /// Forgets everything that a crash forgets.
    func crash() {
        replica = nil
        disk.crash()
        forgetMemory()
    }

    private func forgetMemory() {
        memory = SmallMap()
        held = []
        outcomes = []
        lastWrite = 0
        promised = SmallMap()
        applied = SmallMap()
        for group in disk.groups { applied[group] = disk[group].hard.commit.index }
    }
}
