internal import CMultiPaxos

/// What one group looks like on a disk.
struct StoredGroup {
    var hard = mp_hard_state()
    var frames = FrameList()
    /// First indices of frames whose bytes are damaged: what storage must notice when it reads.
    var damaged: Set<UInt64> = []
}

/// The state that a log made up to a point, as a disk holds it.
struct StoredSnapshot {
    let point: mp_point
    /// In force at the point.
    let voters: UInt64
    /// Named by the log up to the point.
    let admissions: UInt32
    /// Promised where the point was known to be committed.
    let ballot: mp_ballot
    /// The object and the sessions, encoded; empty where nobody hosts the object.
    let state: [UInt8]
}

/// The disk of one node: writes queue in order, and become durable one after the other.
struct Disk {
    struct Write {
        let raw: mp_write
        let frame: Frame?
    }

    private(set) var queue: [Write] = []
    private var stored = SmallMap<StoredGroup>()
    private(set) var durable: UInt64 = 0
    /// The newest snapshot of each group, durable before the core hears of it.
    var snapshots: [UInt64: StoredSnapshot] = [:]

    /// In the order in which they came here.
    var groups: [UInt64] { stored.keys }

    /// Why what is committed here cannot be applied from this disk alone; nil if it can.
    func gap(_ group: UInt64) -> String? {
        let content = self[group]
        let snapshot = snapshots[group]?.point.index ?? 0
        let first = content.frames.frames.first?.batch.first ?? content.hard.trimmed.index + 1
        let isWhole = content.hard.commit.index <= snapshot || first <= snapshot + 1
        return isWhole ? nil : "a log from \(first) on, and a snapshot at \(snapshot)"
    }

    subscript(group: UInt64) -> StoredGroup { stored[group] ?? StoredGroup() }

    func hard(_ group: UInt64) -> mp_hard_state { stored[group]?.hard ?? mp_hard_state() }

    func holds(_ frame: Frame, _ group: UInt64) -> Bool {
        let known = stored[group]?.frames.frame(first: frame.batch.first)
        return known?.batch.checksum == frame.batch.checksum
    }

    /// The frame as it reads; nil if it is damaged.
    func frame(_ group: UInt64, first: UInt64) -> Frame? {
        guard let content = stored[group], let frame = content.frames.frame(first: first) else {
            return nil
        }
        return content.damaged.contains(first) ? nil : frame
    }

    func frame(_ group: UInt64, holding index: UInt64) -> Frame? {
        guard let content = stored[group], let frame = content.frames.frame(holding: index) else {
            return nil
        }
        return content.damaged.contains(frame.batch.first) ? nil : frame
    }

    /// Whether these very bytes can be read.
    func reads(_ wanted: Frame, _ group: UInt64) -> Bool {
        frame(group, first: wanted.batch.first)?.hasSameBytes(as: wanted) ?? false
    }

    /// Flips bytes of a stored frame, or of the hard state; returns whether there was anything.
    mutating func damage(_ group: UInt64, frame number: Int?) -> Bool {
        guard let content = stored[group] else { return false }
        guard let number else {
            // A hard state that does not match its checksum is as good as none.
            stored[group] = StoredGroup()
            return true
        }
        guard !content.frames.frames.isEmpty else { return false }
        let frame = content.frames.frames[number % content.frames.frames.count]
        stored[group]?.damaged.insert(frame.batch.first)
        return true
    }

    /// Damages one frame of a running node.
    mutating func damageInPlace(_ group: UInt64, first: UInt64) {
        if stored[group]?.frames.frame(first: first) != nil { stored[group]?.damaged.insert(first) }
    }

    /// The damaged frames of a group, as their identities name them.
    func damaged(_ group: UInt64) -> [Frame] {
        let content = self[group]
        return content.damaged.sorted().compactMap { content.frames.frame(first: $0) }
    }

    /// Stores a frame in the place of a damaged one.
    mutating func repair(_ group: UInt64, first: UInt64, with frame: Frame) {
        guard stored[group]?.damaged.remove(first) != nil else { return }
        stored[group]?.frames.replace(first: first, by: frame)
    }

    /// Stores the oldest write with a torn frame; false if it has no frame.
    mutating func tearNext() -> Bool {
        guard let write = queue.first, let frame = write.frame else { return false }
        _ = makeNextDurable()
        stored[write.raw.group]?.damaged.insert(frame.batch.first)
        return true
    }

    mutating func submit(_ write: mp_write, frame: Frame?) {
        queue.append(Write(raw: write, frame: frame))
    }

    /// Makes the oldest write durable and returns it, or what is wrong with it.
    mutating func makeNextDurable() -> (write: mp_write, violation: String?) {
        let write = queue.removeFirst()
        let violation = apply(write)
        durable = write.raw.id
        return (write.raw, violation)
    }

    /// Forgets what is not durable, and starts to number writes anew.
    mutating func crash() {
        queue = []
        durable = 0
    }

    /// Sets what is there before the node starts.
    mutating func prepare(_ group: UInt64, _ content: StoredGroup) {
        stored[group] = content
    }

    private mutating func apply(_ write: Write) -> String? {
        let raw = write.raw
        // In place: a copy of the list in each write would make long runs slow.
        return stored[raw.group, default: StoredGroup()].apply(raw, write.frame)
    }
}

extension StoredGroup {
    /// Carries out one write; says what is wrong with it.
    fileprivate mutating func apply(_ write: mp_write, _ frame: Frame?) -> String? {
        let before = hard
        if write.truncate_from != 0 {
            if write.truncate_from <= before.commit.index {
                return "truncates from \(write.truncate_from), committed is \(before.commit)"
            }
            frames.remove(from: write.truncate_from)
            keepDamaged { $0 < write.truncate_from }
        }
        if let frame, let violation = store(frame) { return violation }
        hard = write.hard
        // What a snapshot stands for is gone, damaged or not.
        frames.remove(through: hard.trimmed.index)
        let trimmed = hard.trimmed.index
        keepDamaged { $0 > trimmed }
        return violation(after: before)
    }

    private mutating func keepDamaged(_ isKept: (UInt64) -> Bool) {
        if !damaged.isEmpty { damaged = damaged.filter(isKept) }
    }

    private mutating func store(_ frame: Frame) -> String? {
        let previous = frames.last?.batch.checksum ?? 0
        guard frames.append(frame) else { return "frame \(frame.batch.first) leaves a gap" }
        // Behind where the log was trimmed the core's own checks see the chain.
        let isChained = previous == 0 || frame.batch.previous == previous
        if frame.batch.first > 1 && !isChained {
            return "frame \(frame.batch.first) does not follow the one before"
        }
        return nil
    }

    private func violation(after before: mp_hard_state) -> String? {
        if hard.promised < before.promised { return "promise goes back to \(hard.promised)" }
        if hard.commit.index < before.commit.index { return "commit goes back to \(hard.commit)" }
        if hard.commit.index > hard.tip.index { return "commit \(hard.commit) leads \(hard.tip)" }
        if hard.promised < hard.tip.ballot { return "tip \(hard.tip) is above the promise" }
        if hard.trimmed.index < before.trimmed.index { return "the log begins earlier again" }
        if hard.trimmed.index > hard.commit.index { return "trimmed beyond \(hard.commit)" }
        let tip = frames.last?.point ?? hard.trimmed
        if hard.tip != tip { return "hard state has tip \(hard.tip), the frames end at \(tip)" }
        return nil
    }
}
