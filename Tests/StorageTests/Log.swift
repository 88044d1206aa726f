import CMultiPaxos
import CMultiPaxosLMDB

/// One write for storage, with the frame it names.
struct Write {
    var write: mp_write
    var identity = mp_identity()
    var frame: [UInt8]?
}

/// A frame and its identity.
struct Batch: Equatable {
    let identity: mp_identity
    let frame: [UInt8]

    static func == (left: Batch, right: Batch) -> Bool { left.frame == right.frame }
}

/// One group as a core would keep it: makes the writes, and knows what must come back.
struct Log {
    let group: UInt64
    private(set) var hard = mp_hard_state()
    private(set) var batches: [Batch] = []

    init(_ group: UInt64) {
        self.group = group
    }

    /// What load must report behind the commit point.
    var suffix: [Batch] { batches.filter { $0.identity.first > hard.commit.index } }

    /// The frames in order.
    var frames: [[UInt8]] { batches.map(\.frame) }

    mutating func promise(_ round: UInt64, _ node: UInt64 = 1) -> Write {
        hard.promised = mp_ballot(round: round, node: node)
        return write()
    }

    /// Names other directories, in the log and from where it began.
    mutating func admit(_ admissions: UInt32, born: UInt32) -> Write {
        hard.admissions = admissions
        hard.born = born
        return write()
    }

    /// Appends a batch with these entries, in the promised ballot.
    mutating func append(_ entries: [[UInt8]]) -> Write {
        if hard.promised.round == 0 { hard.promised = mp_ballot(round: 1, node: 1) }
        let batch = seal(entries)
        batches.append(batch)
        settleTip()
        return write(of: batch)
    }

    /// Forgets what begins at `first` or later, and appends in the same write.
    mutating func replace(from first: UInt64, with entries: [[UInt8]]) -> Write {
        batches.removeAll { $0.identity.first >= first }
        settleTip()
        var write = append(entries)
        write.write.truncate_from = first
        return write
    }

    mutating func truncate(from first: UInt64) -> Write {
        batches.removeAll { $0.identity.first >= first }
        settleTip()
        var write = write()
        write.write.truncate_from = first
        return write
    }

    /// Moves the commit point to the end of the first `count` batches.
    mutating func commit(_ count: Int) -> Write {
        hard.commit = count == 0 ? mp_point() : point(batches[count - 1])
        return write()
    }

    /// Says that the log begins after its first `count` batches, all committed.
    mutating func trim(_ count: Int) -> Write {
        hard.trimmed = point(batches[count - 1])
        if hard.commit.index < hard.trimmed.index { hard.commit = hard.trimmed }
        batches.removeFirst(count)
        return write()
    }

    private func write(of batch: Batch? = nil) -> Write {
        var write = mp_write()
        write.group = group
        write.hard = hard
        guard let batch else { return Write(write: write) }
        write.batch_first = batch.identity.first
        return Write(write: write, identity: batch.identity, frame: batch.frame)
    }

    private func point(_ batch: Batch) -> mp_point {
        let identity = batch.identity
        return mp_point(
            index: identity.last, ballot: identity.ballot, checksum: identity.checksum)
    }

    private mutating func settleTip() {
        hard.tip = batches.last.map(point) ?? hard.trimmed
    }

    private func seal(_ entries: [[UInt8]]) -> Batch {
        let capacity = entries.reduce(Int(MP_BATCH_HEADER_SIZE)) { $0 + $1.count + 8 }
        var sealed = mp_batch()
        let frame = [UInt8](unsafeUninitializedCapacity: capacity) { bytes, size in
            var builder = mp_batch_builder()
            mp_batch_begin(&builder, bytes.baseAddress, UInt32(capacity))
            for entry in entries {
                let status = mp_batch_append(
                    &builder, MP_ENTRY_CALL.rawValue, entry, UInt32(entry.count))
                precondition(status == MP_OK, "the entries of a test fit into a batch")
            }
            mp_batch_seal(
                &builder, group, hard.tip.index + 1, hard.promised, hard.tip.checksum, &sealed)
            size = Int(sealed.size)
        }
        let identity = mp_identity(
            first: sealed.first, last: sealed.last, ballot: sealed.ballot,
            previous: sealed.previous, checksum: sealed.checksum, voters: sealed.voters,
            admissions: sealed.admissions,
            size: sealed.size, count: sealed.count)
        return Batch(identity: identity, frame: frame)
    }
}

/// The fields of an identity, which has gaps between them.
func fields(_ identity: mp_identity) -> [UInt64] {
    [
        identity.first, identity.last, identity.ballot.round, identity.ballot.node,
        identity.previous, identity.checksum, identity.voters, UInt64(identity.admissions),
        UInt64(identity.size), UInt64(identity.count),
    ]
}

/// The bytes of a C struct without gaps, to compare what has no ==.
func bytes<Value>(_ value: Value) -> [UInt8] {
    withUnsafeBytes(of: value) { Array($0) }
}

/// The checks every intact group must pass.
func expectIntact(_ log: Log, in storage: Storage, _ loaded: [UInt64: LoadedGroup]) -> Bool {
    guard let group = loaded[log.group], group.health == MP_LMDB_WHOLE else { return false }
    guard bytes(group.hard) == bytes(log.hard) else { return false }
    guard group.suffix.map(fields) == log.suffix.map({ fields($0.identity) }) else { return false }
    return (try? storage.read(log.group, from: log.hard.trimmed.index + 1)) == log.frames
}

extension Options {
    /// Lets two logs grow in turn, and commits the first batches of one.
    ///
    /// A batch of the first is an entry of `size` bytes for its number, and a small one; a batch of
    /// the other one is a small entry.
    func grow(
        _ log: inout Log, _ other: inout Log, by count: Int, committing batches: Int,
        size: (Int) -> Int
    ) throws {
        let storage = try Storage(self)
        for number in 0..<count {
            let payload = [UInt8](repeating: UInt8(0xA0 + number), count: size(number))
            try storage.commit([log.append([payload, [1]]), other.append([[UInt8(number)]])])
        }
        try storage.commit([log.commit(batches)])
    }
}
